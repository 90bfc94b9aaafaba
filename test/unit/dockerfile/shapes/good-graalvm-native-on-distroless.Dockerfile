FROM ghcr.io/graalvm/native-image-community:21 AS build
WORKDIR /app
COPY . .
RUN ./mvnw -Pnative native:compile -DskipTests
FROM gcr.io/distroless/base-debian12:nonroot@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /app/target/shop /shop
HEALTHCHECK NONE
ENTRYPOINT ["/shop"]
# expect: nothing
