-- Delete reports that hold no more.
DELETE FROM report WHERE (kind, owner) IN (SELECT kind, owner FROM report WHERE until <= @before LIMIT @rows);
