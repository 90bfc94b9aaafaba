FROM sbtscala/scala-sbt:eclipse-temurin-21.0.2_13_1.9.9_3.3.3 AS build
WORKDIR /app
COPY project project
COPY build.sbt .
RUN sbt update
COPY . .
RUN sbt stage
FROM eclipse-temurin:21-jre@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /app/target/universal/stage /app
USER 1000
HEALTHCHECK NONE
ENTRYPOINT ["/app/bin/shop"]
# expect: nothing
