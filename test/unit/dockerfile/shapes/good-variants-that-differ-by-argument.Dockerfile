# targets: api worker
# args: LEVEL=1,2
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base
ARG LEVEL=1
RUN compress --level $LEVEL /data
USER 10001
HEALTHCHECK NONE
FROM base AS api
CMD ["/app", "api"]
FROM base AS worker
CMD ["/app", "worker"]
# expect: nothing
