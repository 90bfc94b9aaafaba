FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
ENV NPM_TOKEN=npm_0123456789abcdef
RUN make
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /out /out
USER 10001
HEALTHCHECK NONE
CMD ["/out/app"]
# expect: secret-in-image@2
