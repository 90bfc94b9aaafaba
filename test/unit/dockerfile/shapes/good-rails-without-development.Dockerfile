FROM ruby:3.4-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS base
ENV BUNDLE_WITHOUT="development:test" BUNDLE_PATH=/usr/local/bundle RAILS_ENV=production
WORKDIR /rails
FROM base AS build
RUN apt-get update -qq && apt-get install --no-install-recommends -y build-essential libpq-dev
COPY Gemfile Gemfile.lock ./
RUN bundle install
COPY . .
RUN SECRET_KEY_BASE_DUMMY=1 ./bin/rails assets:precompile
FROM base
RUN apt-get update -qq && apt-get install --no-install-recommends -y libpq5 && \
    rm -rf /var/lib/apt/lists /var/cache/apt/archives
COPY --from=build /usr/local/bundle /usr/local/bundle
COPY --from=build /rails /rails
USER 1000:1000
HEALTHCHECK CMD ["./bin/health"]
ENTRYPOINT ["/rails/bin/docker-entrypoint"]
CMD ["./bin/rails", "server"]
# expect: nothing
