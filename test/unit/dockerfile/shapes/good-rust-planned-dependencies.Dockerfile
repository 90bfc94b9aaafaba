FROM rust:1.90@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS chef
RUN cargo install cargo-chef
WORKDIR /app
FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json
FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
RUN cargo chef cook --release --recipe-path recipe.json
COPY . .
RUN cargo build --release
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS runtime
COPY --from=builder /app/target/release/shop /usr/local/bin/shop
USER 10001
HEALTHCHECK CMD ["shop", "health"]
ENTRYPOINT ["shop"]
# expect: nothing
