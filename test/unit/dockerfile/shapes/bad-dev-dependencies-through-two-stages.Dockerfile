FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS deps
WORKDIR /deps
COPY package*.json ./
RUN cd /deps && npm ci
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /app
COPY --from=deps /deps ./
COPY . .
RUN npm run build
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /app /srv
USER 1000
HEALTHCHECK NONE
CMD ["node", "/srv/dist/server.js"]
# expect: dev-dependencies@11
