-- Public keys with which the submission receipts of all times are checked.

CREATE TABLE receipt_key (
    kid text PRIMARY KEY,
    point text NOT NULL,
    first_used_at timestamptz NOT NULL
);
COMMENT ON TABLE receipt_key IS 'A public Ed25519 key that signs, or signed, submission receipts; never removed.';
COMMENT ON COLUMN receipt_key.kid IS 'its thumbprint (RFC 7638), which the signatures name';
COMMENT ON COLUMN receipt_key.point IS 'the public point, Base64url (RFC 8037)';
COMMENT ON COLUMN receipt_key.first_used_at IS 'when a portal first started with it';
REVOKE UPDATE, DELETE ON receipt_key FROM motcua_app;
