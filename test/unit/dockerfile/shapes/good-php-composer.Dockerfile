FROM composer:2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS vendor
WORKDIR /app
COPY composer.json composer.lock ./
RUN composer install --no-dev --no-scripts --prefer-dist
FROM php:8.4-fpm-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=vendor /app/vendor /var/www/vendor
COPY public /var/www/public
USER 82
HEALTHCHECK CMD ["php-fpm", "-t"]
CMD ["php-fpm"]
# expect: nothing
