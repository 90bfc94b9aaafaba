# syntax=docker/dockerfile:1
FROM nginxinc/nginx-unprivileged:1.28@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY <<EOF /etc/nginx/conf.d/default.conf
# failover:ignore root-user this is content, not a comment of the Dockerfile
FROM nowhere
USER root
RUN chmod 777 /
server { listen 8080; }
EOF
COPY <<-ONE <<-TWO /usr/share/nginx/html/
	ENV API_TOKEN=written-in-a-page
	ONE
	CMD node server.js
	TWO
HEALTHCHECK CMD ["curl", "-f", "http://127.0.0.1:8080/"]
# expect: nothing
