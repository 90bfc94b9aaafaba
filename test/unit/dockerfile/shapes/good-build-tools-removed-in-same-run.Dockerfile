FROM python:3.13-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
COPY requirements.txt .
RUN apk add --no-cache --virtual .build-deps gcc musl-dev postgresql-dev \
 && pip install --no-cache-dir -r requirements.txt \
 && apk del .build-deps \
 && apk add --no-cache libpq
COPY . .
USER 10001
HEALTHCHECK CMD ["python", "health.py"]
CMD ["python", "app.py"]
# expect: nothing
