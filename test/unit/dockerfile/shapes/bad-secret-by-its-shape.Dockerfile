FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ENV DATABASE_URL=postgres://shop:hunter2@db.example.com/shop
ENV KEY_ID=AKIAIOSFODNN7EXAMPLE
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
# expect: secret-in-image@2 secret-in-image@3
