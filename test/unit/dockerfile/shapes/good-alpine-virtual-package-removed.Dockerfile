FROM python:3.12-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY requirements.txt .
RUN set -eux; \
    apk add --no-cache --virtual .build-deps gcc musl-dev libffi-dev; \
    pip install --no-cache-dir -r requirements.txt; \
    apk del --no-network .build-deps
COPY . /srv
USER 1000
HEALTHCHECK NONE
CMD ["python", "/srv/app.py"]
# expect: nothing
