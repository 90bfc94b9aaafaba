FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS service
HEALTHCHECK --interval=10s --timeout=2s --retries=3 CMD ["/app", "health"]
USER 10001
FROM service AS api
COPY api /app
CMD ["/app"]
# expect: nothing
