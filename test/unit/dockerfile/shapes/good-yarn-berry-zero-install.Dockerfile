FROM node:22-slim AS build
WORKDIR /app
COPY .yarn ./.yarn
COPY .pnp.cjs .yarnrc.yml package.json yarn.lock ./
RUN yarn install --immutable
COPY . .
RUN yarn build && yarn workspaces focus --production
FROM node:22-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
COPY --from=build /app ./
USER 1000
HEALTHCHECK NONE
CMD ["node", "-r", "./.pnp.cjs", "dist/main.js"]
# expect: nothing
