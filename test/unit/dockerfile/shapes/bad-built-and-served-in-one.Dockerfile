FROM golang:1.25@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -o /server
USER 10001
HEALTHCHECK NONE
CMD ["/server"]
# expect: build-tools@1
