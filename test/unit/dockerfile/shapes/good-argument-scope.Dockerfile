ARG VERSION=24
ARG MODE=production
FROM node:${VERSION}-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# VERSION is out of scope from here on; MODE is taken up again.
ARG MODE
ARG USER_ID=1000
ENV NODE_ENV=${MODE}
WORKDIR /app
COPY package*.json ./
RUN npm ci && npm cache clean --force
COPY . .
USER ${USER_ID}
HEALTHCHECK NONE
CMD ["node", "server.js"]
# expect: nothing
