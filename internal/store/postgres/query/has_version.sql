-- Whether the database has a table of schema versions.
SELECT to_regclass('goose_db_version') IS NOT NULL;
