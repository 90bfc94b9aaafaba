# targets: temurin corretto jre
FROM eclipse-temurin:21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS temurin
USER 10001
HEALTHCHECK NONE
CMD ["java", "-jar", "/app.jar"]
FROM amazoncorretto:21-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS corretto
USER 10001
HEALTHCHECK NONE
CMD ["java", "-jar", "/app.jar"]
FROM eclipse-temurin:21-jre@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS jre
USER 10001
HEALTHCHECK NONE
CMD ["java", "-jar", "/other.jar"]
# expect: build-tools@2 build-tools@6
