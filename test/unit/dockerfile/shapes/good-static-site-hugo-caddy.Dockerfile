FROM hugomods/hugo:exts-0.140 AS site
COPY . /src
RUN hugo --minify
FROM caddy:2.9-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=site /src/public /srv
COPY Caddyfile /etc/caddy/Caddyfile
HEALTHCHECK NONE
USER 1000
# expect: nothing
