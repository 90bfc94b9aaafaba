FROM ruby:3.3 AS build
WORKDIR /app
RUN bundle config set --local deployment true && bundle config set --local without 'development test'
COPY Gemfile* ./
RUN bundle install -j4
FROM ruby:3.3-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
COPY --from=build /app/vendor/bundle ./vendor/bundle
COPY --from=build /app/.bundle ./.bundle
COPY . .
USER 1000
HEALTHCHECK NONE
CMD ["bundle", "exec", "puma"]
# expect: nothing
