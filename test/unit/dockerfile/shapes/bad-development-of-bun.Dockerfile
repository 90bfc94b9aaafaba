FROM oven/bun:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
COPY package.json bun.lock ./
RUN bun install --frozen-lockfile
COPY . .
USER 1000
HEALTHCHECK NONE
CMD ["bun", "run", "index.ts"]
# expect: dev-dependencies@4
