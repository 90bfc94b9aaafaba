# targets: one two
FROM alpine:3.22@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS one
RUN apk add python3 py3-pip && pip3 install flask
USER 10001
HEALTHCHECK NONE
CMD ["flask"]
FROM fedora:43@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS two
RUN <<EOF
dnf install -y nginx
EOF
USER 10001
HEALTHCHECK NONE
CMD ["nginx"]
# expect: package-cache@3 package-cache@3 package-cache@8
