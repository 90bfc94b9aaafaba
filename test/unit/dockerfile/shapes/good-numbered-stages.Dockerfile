FROM golang:1.25-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /src
COPY go.* ./
RUN go mod download
COPY . .
RUN go build -o /server
FROM alpine:3.22@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=0 /server /server
USER 10001
HEALTHCHECK CMD ["/server", "health"]
CMD ["/server"]
# expect: nothing
