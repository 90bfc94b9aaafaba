FROM eclipse-temurin:21-jdk-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY app.jar /app.jar
USER 10001
HEALTHCHECK NONE
ENTRYPOINT ["java", "-jar", "/app.jar"]
# expect: build-tools@1
