# syntax=docker/dockerfile:1
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN <<SETUP bash -e
apt-get update
apt-get install -y --no-install-recommends curl gcc
pip install flask
SETUP
USER 10001
HEALTHCHECK NONE
CMD ["/a"]
# expect: package-cache@3 package-cache@3 build-tools@3
