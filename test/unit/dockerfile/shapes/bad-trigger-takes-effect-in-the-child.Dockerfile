FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS onbuild
WORKDIR /app
ONBUILD COPY . .
ONBUILD RUN npm ci
FROM onbuild
USER 1000
HEALTHCHECK NONE
CMD ["node", "server.js"]
# expect: source-before-manifest@3 dev-dependencies@4 package-cache@4
