FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
USER 10001
HEALTHCHECK NONE
CMD ["python", "app.py"]
# expect: source-before-manifest@3
