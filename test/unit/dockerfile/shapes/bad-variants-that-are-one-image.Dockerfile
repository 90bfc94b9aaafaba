# targets: slim tiny
# args: DEBUG=0,1
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS slim
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
FROM slim AS tiny
ARG DEBUG
RUN build --debug=$DEBUG
# expect: same-image@3
