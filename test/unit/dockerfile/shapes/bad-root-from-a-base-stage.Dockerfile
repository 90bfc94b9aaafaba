FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base
USER 0:0
FROM base
HEALTHCHECK NONE
CMD ["/app"]
# expect: root-user@2
