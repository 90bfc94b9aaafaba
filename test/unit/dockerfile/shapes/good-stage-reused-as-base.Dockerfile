FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base
WORKDIR /app
ENV NODE_ENV=production
HEALTHCHECK CMD ["node", "health.js"]

FROM base AS deps
COPY package*.json ./
RUN npm ci

FROM base AS build
ENV NODE_ENV=development
COPY package*.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM base AS final
COPY --from=deps /app/node_modules ./node_modules
COPY --from=build /app/dist ./
USER 1000:1000
ENTRYPOINT ["node", "server.js"]
# expect: nothing
