FROM python:3.12 AS wheels
WORKDIR /wheels
COPY requirements.txt .
RUN pip wheel --no-cache-dir --wheel-dir /wheels -r requirements.txt
FROM python:3.12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels pip install --no-cache-dir --no-index --find-links=/wheels -r /wheels/requirements.txt
WORKDIR /app
COPY app app
USER 10001
HEALTHCHECK NONE
CMD ["uvicorn", "app:app"]
# expect: nothing
