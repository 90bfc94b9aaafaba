FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN buildDeps='gcc make libc6-dev' \
 && apt-get update && apt-get install -y --no-install-recommends $buildDeps wget \
 && make -C /usr/src/redis install \
 && apt-get purge -y --auto-remove $buildDeps \
 && rm -rf /var/lib/apt/lists/*
RUN set -eux; savedAptMark="$(apt-mark showmanual)"; apt-get update; apt-get install -y gcc make; \
    apt-mark auto '.*' > /dev/null; apt-mark manual $savedAptMark > /dev/null; \
    apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false; rm -rf /var/lib/apt/lists/*
USER 10001
HEALTHCHECK NONE
CMD ["redis-server"]
# expect: nothing
