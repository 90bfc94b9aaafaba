FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
USER 10001
HEALTHCHECK NONE
ENTRYPOINT ["/bin/sh", "-c", "setup && node server.js"]
# expect: shell-form-command@4
