FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update \
 # needed for health
 && apt-get install -y --no-install-recommends curl=7.88.* \
    # comment in the middle

 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /tmp/* /var/tmp/*
COPY entrypoint.sh /
USER 10001
HEALTHCHECK --interval=5s CMD curl -fsS http://localhost/ || exit 1
ENTRYPOINT ["/entrypoint.sh"]
# expect: nothing
