FROM python:3.12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ENV PYTHONPATH /app/src
ENV APP_NAME my shop with spaces
LABEL org.opencontainers.image.title="shop" \
      org.opencontainers.image.source="https://github.com/acme/shop"
MAINTAINER someone <a@b.c>
STOPSIGNAL SIGINT
VOLUME ["/data"]
USER 1000:1000
HEALTHCHECK --start-period=5s CMD python -c "import urllib.request as u; u.urlopen('http://localhost:8000')"
CMD ["python", "-m", "shop"]
# expect: nothing
