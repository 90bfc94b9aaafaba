# targets: pipenv pdm
FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base
WORKDIR /app
ENV PIPENV_VENV_IN_PROJECT=1
USER 1000
HEALTHCHECK NONE
CMD ["/app/.venv/bin/python", "-m", "shop"]
FROM base AS pipenv
COPY Pipfile Pipfile.lock ./
RUN pipenv install --deploy --dev
FROM base AS pdm
COPY pyproject.toml pdm.lock ./
RUN pdm install --frozen-lockfile
# expect: dev-dependencies@10 dev-dependencies@13
