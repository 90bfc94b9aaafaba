FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
COPY --from=ghcr.io/astral-sh/uv:0.9.9@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef /uv /bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project --no-dev
COPY . /app
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev
FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build --chown=10001:10001 /app /app
ENV PATH=/app/.venv/bin:$PATH
USER 10001
HEALTHCHECK CMD ["python", "-m", "shop.health"]
CMD ["python", "-m", "shop"]
# expect: nothing
