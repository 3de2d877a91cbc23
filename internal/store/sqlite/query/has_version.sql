-- Whether the file has a table of schema versions.
SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version';
