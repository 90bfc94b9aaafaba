# targets: again fresh
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS first
USER 10001
HEALTHCHECK NONE
CMD node server.js
FROM first AS again
FROM first AS fresh
ENTRYPOINT ["/server"]
# expect: shell-form-command@5
