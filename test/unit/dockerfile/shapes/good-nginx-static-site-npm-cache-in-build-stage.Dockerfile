FROM node:22-alpine AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci --cache .npm --prefer-offline
COPY ./ ./
RUN npm run build
FROM nginx:1.27-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY ./nginx.conf /etc/nginx/conf.d/default.conf
COPY --from=build /app/dist /usr/share/nginx/html
RUN chown -R nginx:nginx /var/cache/nginx /var/log/nginx /etc/nginx/conf.d && touch /var/run/nginx.pid && chown nginx /var/run/nginx.pid
USER 101
EXPOSE 8080
HEALTHCHECK NONE
CMD ["nginx", "-g", "daemon off;"]
# expect: nothing
