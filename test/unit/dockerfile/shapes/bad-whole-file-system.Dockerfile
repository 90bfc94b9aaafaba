FROM golang:1.25@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -o /server
FROM scratch
COPY --from=build / /
USER 10001
HEALTHCHECK NONE
CMD ["/server"]
# expect: whole-file-system@8
