FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN apt-get update && apt-get install -y g++ make python3 && rm -rf /var/lib/apt/lists/*
RUN make -C /src
RUN apt-get purge -y g++ make
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
# expect: build-tools@2
