# syntax=docker/dockerfile:1
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN <<EOF
apt-get update
apt-get install -y libpq-dev pkg-config
rm -rf /var/lib/apt/lists/*
mkdir -m 777 /data
EOF
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
# expect: build-tools@3 open-files@3
