# targets: 0
FROM golang:1.24@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY . /src
RUN cd /src && go build -o /app
USER 10001
HEALTHCHECK NONE
ENTRYPOINT ["/app"]
FROM scratch
COPY --from=0 /app /app
# expect: build-tools@2 unused-stage@8
