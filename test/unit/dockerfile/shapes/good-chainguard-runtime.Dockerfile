FROM cgr.dev/chainguard/node:latest-dev@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci --omit=dev
FROM cgr.dev/chainguard/node:24@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /app/node_modules /app/node_modules
COPY src /app
HEALTHCHECK NONE
CMD ["/app/server.js"]
# expect: nothing
