-- The current term.
SELECT term FROM alert_lease;
