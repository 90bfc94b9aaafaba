FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN set -eux; \
    savedAptMark="$(apt-mark showmanual)"; \
    apt-get update; \
    apt-get install -y --no-install-recommends ca-certificates wget gcc make; \
    wget -O /usr/local/bin/tool https://example.com/tool; \
    chmod +x /usr/local/bin/tool; \
    apt-mark auto '.*' > /dev/null; \
    [ -z "$savedAptMark" ] || apt-mark manual $savedAptMark; \
    apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false; \
    rm -rf /var/lib/apt/lists/*
USER 10001
HEALTHCHECK NONE
ENTRYPOINT ["/usr/local/bin/tool"]
# expect: nothing
