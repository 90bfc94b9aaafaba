# targets: uv poetry dotnet cargo gradle mix
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
FROM base AS uv
COPY . .
RUN uv sync --frozen --no-dev --no-cache
FROM base AS poetry
COPY ["./", "/app/"]
RUN poetry install --only main
FROM base AS dotnet
ADD . /src
RUN dotnet restore
FROM base AS cargo
COPY . /src
RUN cd /src && cargo fetch --locked
FROM base AS gradle
COPY ./ ./
RUN ./gradlew --no-daemon dependencies
FROM base AS mix
COPY * ./
RUN mix deps.get --only prod
# expect: source-before-manifest@7 source-before-manifest@10 source-before-manifest@13 source-before-manifest@16 source-before-manifest@19 source-before-manifest@22
