FROM ubuntu:24.04@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN apt-get update && apt-get install -y ca-certificates
RUN rm -rf /var/lib/apt/lists/*
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
# expect: package-cache@2
