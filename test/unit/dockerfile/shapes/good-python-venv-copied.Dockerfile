FROM python:3.13@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt requirements-dev.txt ./
RUN pip install -r requirements.txt
FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
COPY app ./app
USER 10001
HEALTHCHECK CMD ["python", "-m", "app.health"]
CMD ["gunicorn", "app:wsgi"]
# expect: nothing
