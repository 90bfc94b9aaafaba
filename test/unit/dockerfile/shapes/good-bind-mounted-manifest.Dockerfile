# syntax=docker/dockerfile:1
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS deps
WORKDIR /app
RUN --mount=type=bind,source=package.json,target=package.json \
    --mount=type=bind,source=package-lock.json,target=package-lock.json \
    --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
RUN --mount=type=bind,from=deps,source=/app/node_modules,target=/from cp -R /from ./node_modules
COPY src ./src
USER 1000
HEALTHCHECK NONE
CMD ["node", "src/server.js"]
# expect: nothing
