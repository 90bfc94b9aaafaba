FROM alpine:3.22@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN apk add --no-cache su-exec tini
COPY entrypoint.sh app /
HEALTHCHECK CMD ["/app", "health"]
ENTRYPOINT ["/sbin/tini", "--", "/entrypoint.sh"]
CMD ["/app"]
# expect: nothing
