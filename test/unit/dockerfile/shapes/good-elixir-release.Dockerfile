ARG BUILDER_IMAGE="hexpm/elixir:1.17.0-erlang-27.0-debian-bookworm-20240612-slim"
ARG RUNNER_IMAGE="debian:bookworm-20240612-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
FROM ${BUILDER_IMAGE} AS builder
RUN apt-get update -y && apt-get install -y build-essential git && apt-get clean && rm -f /var/lib/apt/lists/*_*
WORKDIR /app
ENV MIX_ENV="prod"
COPY mix.exs mix.lock ./
RUN mix deps.get --only $MIX_ENV
COPY lib lib
RUN mix release
FROM ${RUNNER_IMAGE}
RUN apt-get update -y && \
  apt-get install -y libstdc++6 openssl libncurses5 locales ca-certificates \
  && apt-get clean && rm -f /var/lib/apt/lists/*_*
WORKDIR "/app"
RUN chown nobody /app
COPY --from=builder --chown=nobody:root /app/_build/${MIX_ENV}/rel/shop ./
USER 65534
HEALTHCHECK NONE
CMD ["/app/bin/server"]
# expect: nothing
