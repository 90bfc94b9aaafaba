# syntax=docker/dockerfile:1.10
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN npm run build && npm prune --omit=dev
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ENV NODE_ENV=production
WORKDIR /app
COPY --link --from=build --chown=1000:1000 /app/node_modules ./node_modules
COPY --link --from=build --chown=1000:1000 /app/dist ./dist
USER 1000
HEALTHCHECK CMD ["node", "dist/health.js"]
CMD ["node", "dist/server.js"]
# expect: nothing
