# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.6.1 AS xx
FROM --platform=$BUILDPLATFORM alpine:3.21 AS build
RUN apk add clang lld git
COPY --from=xx / /
ARG TARGETPLATFORM
RUN xx-apk add --no-cache musl-dev gcc
WORKDIR /src
COPY main.c .
RUN xx-clang --static -o /out/main main.c && xx-verify --static /out/main
FROM scratch
COPY --from=build /out/main /main
USER 65532:65532
HEALTHCHECK NONE
ENTRYPOINT ["/main"]
# expect: nothing
