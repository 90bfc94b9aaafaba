FROM eclipse-temurin:21-jre@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY app.jar /app.jar
USER 10001
HEALTHCHECK CMD ["java", "-version"]
ENTRYPOINT exec java $JAVA_OPTS -jar /app.jar
# expect: nothing
