# syntax=docker/dockerfile:1
FROM golang:1.25@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go mod download && CGO_ENABLED=0 go build -o /server .
FROM gcr.io/distroless/static-debian12:nonroot@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /server /server
HEALTHCHECK CMD ["/server", "-check"]
ENTRYPOINT ["/server"]
# expect: nothing
