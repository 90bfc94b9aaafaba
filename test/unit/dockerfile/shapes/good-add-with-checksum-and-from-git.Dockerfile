# syntax=docker/dockerfile:1
FROM alpine:3.21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS fetch
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://mirrors.edge.kernel.org/pub/linux/kernel/Historic/linux-0.01.tar.gz /
ADD --keep-git-dir=true https://github.com/moby/buildkit.git#v0.10.1 /buildkit
ADD git@github.com:acme/app.git /app
FROM alpine:3.21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=fetch /buildkit/README.md /doc
USER 10001
HEALTHCHECK NONE
CMD ["cat", "/doc"]
# expect: nothing
