#!/bin/sh
# Run by the image of PostgreSQL when its volume is empty: the roles and the database of the platform.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v globalmart_password="$GLOBALMART_PASSWORD" -v grafana_password="$GRAFANA_PASSWORD" --file /etc/globalmart/roles.sql
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname globalmart --file /etc/globalmart/grants.sql
