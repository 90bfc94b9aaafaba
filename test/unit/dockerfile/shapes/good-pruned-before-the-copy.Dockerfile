FROM node:24@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
RUN npm run build
RUN npm prune --omit=dev
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /app /app
USER 1000
HEALTHCHECK CMD ["node", "/app/health.js"]
CMD ["node", "/app/dist/server.js"]
# expect: nothing
