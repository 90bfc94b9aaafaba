# The token is given at build time and never reaches the shipped history.
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS deps
ARG NPM_TOKEN
WORKDIR /app
COPY package*.json .npmrc ./
RUN NPM_TOKEN=$NPM_TOKEN npm ci --omit=dev
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=deps /app/node_modules /app/node_modules
COPY src /app/src
USER 1000
HEALTHCHECK NONE
CMD ["node", "/app/src/server.js"]
# expect: nothing
