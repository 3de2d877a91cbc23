-- In the platform's database, before it has tables: what globalmart makes later, in any schema, can be read by grafana.
-- Tables hold hashes of API keys, no key.
ALTER SCHEMA public OWNER TO globalmart;
REVOKE ALL ON DATABASE globalmart FROM PUBLIC;
GRANT CONNECT ON DATABASE globalmart TO grafana;
GRANT USAGE ON SCHEMA public TO grafana;
ALTER DEFAULT PRIVILEGES FOR ROLE globalmart GRANT USAGE ON SCHEMAS TO grafana;
ALTER DEFAULT PRIVILEGES FOR ROLE globalmart GRANT SELECT ON TABLES TO grafana;
