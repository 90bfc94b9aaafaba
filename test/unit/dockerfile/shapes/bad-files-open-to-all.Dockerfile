FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN mkdir /data && chmod -R 777 /data
COPY --chmod=0777 app /app
RUN chmod a+rwx /var/log/app; chmod 666 /etc/app.conf
USER 10001
HEALTHCHECK NONE
CMD ["/app"]
# expect: open-files@2 open-files@3 open-files@4
