FROM eclipse-temurin:21-jdk@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /src
COPY mvnw pom.xml ./
COPY .mvn .mvn
RUN ./mvnw dependency:go-offline
COPY src src
RUN ./mvnw package && java -Djarmode=layertools -jar target/app.jar extract --destination /layers
FROM eclipse-temurin:21-jre@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
COPY --from=build /layers/dependencies/ ./
COPY --from=build /layers/application/ ./
USER 10001
HEALTHCHECK CMD ["java", "-cp", "/app", "Health"]
ENTRYPOINT ["java", "org.springframework.boot.loader.launch.JarLauncher"]
# expect: nothing
