# syntax=docker/dockerfile:1
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN <<EOF
set -eux
apt-get update
apt-get install -y --no-install-recommends ca-certificates tini
rm -rf /var/lib/apt/lists/*
EOF
RUN <<'PY' python3
import os
os.system("chmod 777 /nothing that a shell runs")
PY
COPY app /app
USER 10001
HEALTHCHECK CMD ["/app", "health"]
ENTRYPOINT ["tini", "--", "/app"]
# expect: nothing
