FROM ubuntu:24.04@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN --mount=type=tmpfs,target=/var/lib/apt/lists --mount=type=tmpfs,target=/var/cache \
    apt-get update && apt-get install -y ca-certificates
COPY app /app
USER 10001
HEALTHCHECK CMD ["/app", "health"]
CMD ["/app"]
# expect: nothing
