#!/usr/bin/env bash
# Runs once, when the data folder is empty: a database and a role for each service, with the
# extensions that it may use. No role may connect to another's database. The passwords come from
# the environment and are in no argument.
set -euo pipefail

for service in intake routing sla survey marketplace; do
  variable="POSTGRES_${service^^}_PASSWORD"
  export SERVICE_PASSWORD="${!variable:?$variable is not set}"
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name="tanggap_$service" \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv password SERVICE_PASSWORD
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name", postgres, template1 FROM PUBLIC;
\connect :"name"
SET ROLE :"name";
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION unaccent;
SQL
done
