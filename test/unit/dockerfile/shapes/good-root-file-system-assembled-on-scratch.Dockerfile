FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS tools
RUN mkdir -p /out/etc && echo "app:x:10001:10001::/:" > /out/etc/passwd
FROM scratch AS rootfs
COPY --from=tools /out /
COPY app /app
FROM scratch
COPY --from=rootfs / /
USER 10001
HEALTHCHECK CMD ["/app", "health"]
CMD ["/app"]
# expect: nothing
