# syntax=docker/dockerfile:1
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN <<EOF
set -eu
apt-get update
apt-get install -y --no-install-recommends ca-certificates curl
rm -rf /var/lib/apt/lists/*
EOF
COPY <<'NGINX' /etc/site.conf
server {
  # chmod 777 /srv
  listen 8080;
}
FROM is no instruction here
USER root
NGINX
COPY <<one.txt <<two.txt /srv/
first
one.txt
second
two.txt
RUN python3 <<PY
print("apt-get install gcc")
PY
RUN <<-INDENTED
	mkdir /data
	chown 10001 /data
	INDENTED
USER 10001
HEALTHCHECK CMD ["curl", "-f", "http://localhost:8080/"]
CMD ["/srv/run"]
# expect: nothing
