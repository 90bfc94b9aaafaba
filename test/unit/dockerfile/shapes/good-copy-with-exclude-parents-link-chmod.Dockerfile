# syntax=docker/dockerfile:1.7-labs
FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY --exclude=*.md --exclude=deploy --parents ./cmd ./internal ./
RUN CGO_ENABLED=0 go build -o /out/ ./cmd/...
FROM gcr.io/distroless/static-debian12:nonroot@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build --link --chmod=0555 /out/api /api
HEALTHCHECK NONE
ENTRYPOINT ["/api"]
# expect: nothing
