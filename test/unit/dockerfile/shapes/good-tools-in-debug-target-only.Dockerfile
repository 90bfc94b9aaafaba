FROM golang:1.24-alpine AS build
WORKDIR /src
COPY go.* .
RUN go mod download
COPY . .
RUN go build -o /out/app
FROM alpine:3.21 AS debug
RUN apk add --no-cache gdb strace bash
COPY --from=build /out/app /app
USER 10001
CMD ["/app"]
FROM gcr.io/distroless/static:nonroot@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS release
COPY --from=build /out/app /app
HEALTHCHECK NONE
ENTRYPOINT ["/app"]
# expect: nothing
