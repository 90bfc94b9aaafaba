FROM alpine:3.21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY start.sh /start.sh
RUN chmod +x /start.sh && mkdir -p /var/run/app && chmod g+rwX /var/run/app && chmod 1777 /tmp && chmod u=rwx,go=rx /start.sh && chmod -R g=u /var/run/app && chmod a+rX /srv && chmod 0750 /srv && chmod o-w /srv && chmod ug+rw,o-rwx /srv
USER 10001:0
HEALTHCHECK NONE
CMD ["/start.sh"]
# expect: nothing
