FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=ghcr.io/astral-sh/uv:0.6.5@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef /uv /uvx /bin/
WORKDIR /app
ENV UV_NO_CACHE=1
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY . .
RUN uv sync --frozen --no-dev
USER 1000
HEALTHCHECK NONE
CMD ["/app/.venv/bin/python", "-m", "shop"]
# expect: nothing
