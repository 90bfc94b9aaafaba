FROM node:20-bookworm-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base
WORKDIR /app
COPY package.json package-lock.json ./
FROM base AS dev
RUN npm install
COPY . .
CMD ["npm", "run", "dev"]
FROM dev AS test
RUN npm test
FROM base AS prod
ENV NODE_ENV=production
RUN npm ci --only=production && npm cache clean --force
COPY --chown=node:node . .
USER 1000
HEALTHCHECK NONE
CMD ["node", "index.js"]
# expect: nothing
