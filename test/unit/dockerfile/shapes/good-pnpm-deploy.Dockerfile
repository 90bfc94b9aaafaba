FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /repo
COPY pnpm-lock.yaml pnpm-workspace.yaml package.json ./
COPY packages packages
RUN corepack enable && pnpm install --frozen-lockfile
RUN pnpm -r build && pnpm deploy --filter=api --prod /prod/api
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /prod/api /app
USER 1000
HEALTHCHECK CMD ["node", "/app/health.js"]
CMD ["node", "/app/server.js"]
# expect: nothing
