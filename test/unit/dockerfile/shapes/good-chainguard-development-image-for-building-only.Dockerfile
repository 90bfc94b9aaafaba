FROM cgr.dev/chainguard/go:latest-dev AS build
WORKDIR /build
COPY . .
RUN go build -o app .
FROM cgr.dev/chainguard/static@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /build/app /app
HEALTHCHECK NONE
ENTRYPOINT ["/app"]
# expect: nothing
