FROM registry.access.redhat.com/ubi9/ubi-minimal:9.4@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN microdnf install -y --nodocs --setopt=install_weak_deps=0 java-21-openjdk-headless && microdnf clean all && rm -rf /var/cache/yum
COPY target/app.jar /deployments/
USER 185
HEALTHCHECK NONE
ENTRYPOINT ["java", "-jar", "/deployments/app.jar"]
# expect: nothing
