FROM node:22-alpine AS build
WORKDIR /usr/src/app
COPY package.json pnpm-lock.yaml ./
RUN corepack enable && pnpm fetch
COPY . .
RUN pnpm install -r --offline && pnpm build && pnpm prune --prod
FROM node:22-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ENV NODE_ENV production
COPY --from=build --chown=1000:1000 /usr/src/app/node_modules /app/node_modules
COPY --from=build --chown=1000:1000 /usr/src/app/dist /app/dist
WORKDIR /app
USER 1000
HEALTHCHECK NONE
CMD [ "node", "dist/main.js" ]
# expect: nothing
