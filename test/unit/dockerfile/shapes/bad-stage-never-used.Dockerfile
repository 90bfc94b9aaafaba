FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS report
RUN npm run report
FROM node:24-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS final
USER 1000
HEALTHCHECK NONE
CMD ["node"]
# expect: unused-stage@1
