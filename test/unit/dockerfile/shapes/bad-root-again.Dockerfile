FROM nginxinc/nginx-unprivileged:1.28@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
USER root
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
HEALTHCHECK CMD ["curl", "-f", "http://127.0.0.1:8080"]
# expect: root-user@2
