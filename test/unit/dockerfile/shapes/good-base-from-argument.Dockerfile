ARG NODE=24
ARG BASE=node:${NODE}-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
FROM ${BASE} AS base
WORKDIR /srv

FROM $BASE
COPY --from=base /srv /srv
USER 1000
HEALTHCHECK NONE
CMD ["node", "/srv/app.js"]
# expect: nothing
