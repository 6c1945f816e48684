#!/bin/sh
# Makes the database with two roles: the owner changes tables, the application only uses them.
set -eu
psql --set=ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set=owner_password="$OWNER_PASSWORD" --set=app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE handstamp_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE handstamp_app LOGIN PASSWORD :'app_password';
CREATE DATABASE handstamp OWNER handstamp_owner;
REVOKE ALL ON DATABASE handstamp FROM PUBLIC;
GRANT CONNECT ON DATABASE handstamp TO handstamp_app;
SQL
