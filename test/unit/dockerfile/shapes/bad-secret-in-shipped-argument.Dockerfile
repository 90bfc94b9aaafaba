FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ARG GITHUB_TOKEN
ENV DB_PASSWORD=hunter2
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
# expect: secret-in-image@2 secret-in-image@3
