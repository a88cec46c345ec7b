DROP TABLE signature;
DROP TABLE signing_authorisation;
DROP TABLE signing_request;
