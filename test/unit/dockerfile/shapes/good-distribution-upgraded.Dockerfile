FROM ubuntu:24.04@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
    && apt-get upgrade -y \
    && apt-get install -y --no-install-recommends \
        ca-certificates \
        libpq5 \
    && apt-get autoremove -y \
    && rm -rf /var/lib/apt/lists/*
USER 1001
HEALTHCHECK NONE
ENTRYPOINT ["/entry"]
# expect: nothing
