ARG EDITION=community
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS community
COPY community /app
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS enterprise
COPY enterprise /app
FROM ${EDITION} AS final
USER 10001
HEALTHCHECK CMD ["/app/health"]
CMD ["/app/run"]
# expect: nothing
