FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS deps
WORKDIR /repo
COPY package.json yarn.lock .yarnrc.yml ./
COPY packages/api/package.json packages/api/
RUN yarn install --immutable && yarn build
RUN yarn workspaces focus api --production
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=deps /repo/node_modules /app/node_modules
COPY packages/api /app
USER 1000
HEALTHCHECK NONE
CMD ["node", "/app/server.js"]
# expect: nothing
