FROM node:22-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
ARG NPM_TOKEN
WORKDIR /app
COPY package*.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build
FROM node:22-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ENV TOKEN_TTL=3600 TOKEN_URL=https://auth.example.com/token PASSWORD_MIN_LENGTH=12 SECRET_NAME=shop/db AUTH_KEY_FILE=/run/secrets/key AWS_SECRET_ARN=arn:x NEXT_PUBLIC_API_KEY=pk_123 JWT_SECRET_FILE=/run/secrets/jwt POSTGRES_PASSWORD_FILE=/run/secrets/pg
COPY --from=build /app/dist /app
USER 1000
HEALTHCHECK NONE
CMD ["node", "/app/server.js"]
# expect: nothing
