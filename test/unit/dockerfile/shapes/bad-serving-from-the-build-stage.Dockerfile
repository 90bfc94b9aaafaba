FROM maven:3-eclipse-temurin-21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
COPY pom.xml .
RUN mvn dependency:go-offline
COPY src src
RUN mvn package
FROM build
USER 10001
HEALTHCHECK NONE
ENTRYPOINT ["java", "-jar", "/target/app.jar"]
# expect: build-tools@1
