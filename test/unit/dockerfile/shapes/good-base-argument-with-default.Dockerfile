ARG REGISTRY
ARG TAG=3.22@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
FROM ${REGISTRY:-docker.io/library}/alpine:${TAG:-3.21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}
COPY server /server
USER 10001
HEALTHCHECK CMD ["/server", "--check"]
ENTRYPOINT ["/server"]
# expect: nothing
