DROP TABLE refund_attempt;
DROP TABLE refund_line;
DROP TABLE refund;
DROP INDEX gateway_payment_unsettled;
DROP TABLE suspense_application;
