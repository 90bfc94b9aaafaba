FROM alpine:3.22@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS assets
RUN echo built > /asset
FROM alpine:3.22@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN --mount=from=assets,target=/from cp /from/asset /asset
USER 10001
HEALTHCHECK NONE
CMD ["cat", "/asset"]
# expect: nothing
