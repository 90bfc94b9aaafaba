FROM mambaorg/micromamba:2.0 AS build
COPY environment.yml /tmp/environment.yml
RUN micromamba create -y -p /env -f /tmp/environment.yml && micromamba clean -ay
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /env /env
USER 1000
HEALTHCHECK NONE
CMD ["/env/bin/python", "-m", "shop"]
# expect: nothing
