ARG DEBUG
FROM alpine:3.21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS plain
FROM alpine:3.21 AS plain-debug
RUN apk add --no-cache gdb
FROM plain${DEBUG:+-debug}
USER 10001
HEALTHCHECK NONE
CMD ["/x"]
# expect: nothing
