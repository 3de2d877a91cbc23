-- Who uses the platform's database: globalmart, which owns it, and grafana, which reads it.
CREATE ROLE globalmart LOGIN PASSWORD :'globalmart_password';
CREATE ROLE grafana LOGIN PASSWORD :'grafana_password';
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '30s';
CREATE DATABASE globalmart OWNER globalmart ENCODING 'UTF8' TEMPLATE template0;
