FROM eclipse-temurin:21 AS jre-build
RUN $JAVA_HOME/bin/jlink --add-modules java.base,java.net.http --strip-debug --no-man-pages --no-header-files --compress=2 --output /javaruntime
FROM debian:bookworm-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ENV JAVA_HOME=/opt/java/openjdk
ENV PATH "${JAVA_HOME}/bin:${PATH}"
COPY --from=jre-build /javaruntime $JAVA_HOME
COPY target/app.jar /opt/app/app.jar
USER 10001
HEALTHCHECK NONE
CMD ["java", "-jar", "/opt/app/app.jar"]
# expect: nothing
