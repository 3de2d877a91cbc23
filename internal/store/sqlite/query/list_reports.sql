-- Reports of a kind that hold at a time.
SELECT kind, owner, at, until, body FROM report WHERE kind = :kind AND until > :now ORDER BY owner;
