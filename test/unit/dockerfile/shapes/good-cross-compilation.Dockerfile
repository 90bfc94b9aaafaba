FROM --platform=$BUILDPLATFORM golang:1.25@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
ARG TARGETOS TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /server .
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base-amd64
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base-arm64
RUN echo arm > /etc/kind
FROM base-${TARGETARCH}
COPY --from=build /server /server
USER 10001
HEALTHCHECK CMD ["/server", "health"]
CMD ["/server"]
# expect: nothing
