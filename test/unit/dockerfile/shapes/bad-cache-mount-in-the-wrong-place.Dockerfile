FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y --no-install-recommends curl
RUN --mount=type=cache,target=/root/.npm pip install flask
USER 10001
HEALTHCHECK NONE
CMD ["python"]
# expect: package-cache@2 package-cache@3
