FROM alpine:3.21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ENV CHAT=https://hooks.slack.com/services/T0000000/B0000000/hunter2hunter2hunter2
ENV MAPS=AIzaSyhunter2hunter2hunter2hunter2hunte
ENV REGISTRY=npm_hunter2hunter2hunter2hunter2hunter2h
ENV CI_USER=glpat-hunter2hunter2hunter
ENV DATABASE_URL=postgres://shop:hunter2@db/shop
USER 10001
HEALTHCHECK NONE
CMD ["/a"]
# expect: secret-in-image@2 secret-in-image@3 secret-in-image@4 secret-in-image@5 secret-in-image@6
