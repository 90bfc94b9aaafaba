FROM eclipse-temurin:21-jre@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY app.jar /app.jar
USER 10001
HEALTHCHECK NONE
ENTRYPOINT ["sh", "-c", "exec java $JAVA_OPTS -jar /app.jar"]
# expect: nothing
