# targets: php ruby python uv
FROM php:8.4-fpm@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS php
RUN composer install
USER 10001
HEALTHCHECK NONE
FROM ruby:3.4-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS ruby
RUN bundle install
USER 10001
HEALTHCHECK NONE
FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS python
RUN pip install --no-cache-dir -r requirements-dev.txt
USER 10001
HEALTHCHECK NONE
FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS uv
WORKDIR /app
RUN uv sync --no-cache
USER 10001
HEALTHCHECK NONE
# expect: dev-dependencies@3 dev-dependencies@7 dev-dependencies@11 dev-dependencies@16
