FROM alpine:3.21 AS build
RUN apk add --no-cache build-base cmake
COPY . /src
RUN cmake -S /src -B /b -DCMAKE_EXE_LINKER_FLAGS=-static && cmake --build /b && install -Dm755 /b/app /rootfs/app && mkdir -m 1777 /rootfs/tmp
FROM scratch
COPY --from=build /rootfs/ /
USER 65534
HEALTHCHECK NONE
ENTRYPOINT ["/app"]
# expect: nothing
