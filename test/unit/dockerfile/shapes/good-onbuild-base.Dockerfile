FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS onbuild
WORKDIR /app
ONBUILD COPY package*.json ./
ONBUILD RUN npm ci --omit=dev && npm cache clean --force
ONBUILD COPY . .
ONBUILD USER 1000

FROM onbuild
HEALTHCHECK NONE
CMD ["node", "server.js"]
# expect: nothing
