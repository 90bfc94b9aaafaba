FROM node:20-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS onbuild-base
WORKDIR /app
ONBUILD COPY package*.json ./
ONBUILD RUN npm ci --omit=dev && npm cache clean --force
ONBUILD COPY . .
FROM onbuild-base
USER 1000
HEALTHCHECK NONE
CMD ["node", "server.js"]
# expect: nothing
