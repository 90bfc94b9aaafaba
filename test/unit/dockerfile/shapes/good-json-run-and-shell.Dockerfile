FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN ["/bin/sh", "-c", "apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*"]
RUN curl -fsSL https://example.com/tool.tgz | tar -xz -C /usr/local/bin 2>&1
USER 10001
HEALTHCHECK CMD curl -f http://127.0.0.1:8080/ || exit 1
CMD ["tool"]
# expect: nothing
