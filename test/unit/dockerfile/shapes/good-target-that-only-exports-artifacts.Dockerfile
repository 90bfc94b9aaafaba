FROM golang:1.24 AS build
COPY . /src
RUN cd /src && go build -o /out/app
FROM scratch AS artifacts
COPY --from=build /out /
USER 1000
HEALTHCHECK NONE
ENTRYPOINT ["/app"]
# expect: nothing
