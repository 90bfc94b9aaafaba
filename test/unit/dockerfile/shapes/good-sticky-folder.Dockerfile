FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN mkdir -p /shared && chmod 1777 /shared && chmod -R u=rwX,go=rX /etc && chmod +x /usr/local/bin/* && chmod g+w /srv
COPY --chmod=755 app /app
COPY --chmod=u=rw,go=r settings.json /settings.json
USER 10001
HEALTHCHECK CMD ["/app", "health"]
CMD ["/app"]
# expect: nothing
