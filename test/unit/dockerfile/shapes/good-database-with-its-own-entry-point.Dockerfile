FROM postgres:17-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY schema.sql /docker-entrypoint-initdb.d/
HEALTHCHECK CMD ["pg_isready"]
# expect: nothing
