FROM node:24@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci --omit=dev && cp -R node_modules /prod_modules && npm ci
COPY . .
RUN npm run build
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /prod_modules /app/node_modules
COPY --from=build /app/dist /app/dist
USER 1000
HEALTHCHECK NONE
CMD ["node", "/app/dist/server.js"]
# expect: nothing
