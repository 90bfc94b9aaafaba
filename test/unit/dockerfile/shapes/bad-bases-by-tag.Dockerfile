ARG VERSION=24
FROM node:${VERSION}-slim AS deps
RUN true
FROM node:${VERSION}-slim
COPY --from=deps /x /x
COPY --from=busybox:1.37 /bin/busybox /bin/
COPY --from=busybox /bin/sh /bin/
USER 1000
HEALTHCHECK NONE
CMD ["node"]
# expect: base-by-tag@4 base-by-tag@6 base-floating@7
