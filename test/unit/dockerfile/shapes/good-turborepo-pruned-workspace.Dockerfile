FROM node:22-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base
FROM base AS builder
RUN apk update
RUN apk add --no-cache libc6-compat
WORKDIR /app
RUN yarn global add turbo@^2
COPY . .
RUN turbo prune web --docker
FROM base AS installer
RUN apk add --no-cache libc6-compat
WORKDIR /app
COPY --from=builder /app/out/json/ .
RUN yarn install --frozen-lockfile
COPY --from=builder /app/out/full/ .
RUN yarn turbo run build
FROM base AS runner
WORKDIR /app
USER 1001
COPY --from=installer --chown=1001:1001 /app/apps/web/.next/standalone ./
HEALTHCHECK NONE
CMD ["node", "apps/web/server.js"]
# expect: nothing
