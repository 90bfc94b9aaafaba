FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --chown=node:node app /app
USER node
HEALTHCHECK NONE
CMD ["node", "/app"]
# expect: named-user@3
