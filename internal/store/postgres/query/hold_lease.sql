-- Hold the lease if this is its term: until the end of the transaction nobody takes
-- it.
SELECT term FROM alert_lease WHERE term = $1 FOR UPDATE;
