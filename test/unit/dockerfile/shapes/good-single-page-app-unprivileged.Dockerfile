FROM node:24@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /app
COPY package.json yarn.lock ./
RUN yarn install --frozen-lockfile
COPY . .
RUN yarn build
FROM nginxinc/nginx-unprivileged:1.28-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY nginx.conf /etc/nginx/conf.d/default.conf
COPY --from=build /app/dist /usr/share/nginx/html
HEALTHCHECK CMD ["wget", "-qO-", "http://127.0.0.1:8080/"]
# expect: nothing
