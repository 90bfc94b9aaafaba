# targets: slim lean
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS slim
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS lean
USER   10001
HEALTHCHECK NONE
CMD ["/app"]
# expect: same-image@6
