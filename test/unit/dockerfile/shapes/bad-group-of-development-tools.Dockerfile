FROM fedora:41@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN dnf groupinstall -y "Development Tools" && dnf clean all
RUN dnf install -y @development-tools && dnf clean all
USER 10001
HEALTHCHECK NONE
CMD ["/a"]
# expect: build-tools@2 build-tools@3
