FROM alpine:3.21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN chmod -R a+w /srv
RUN chmod ugo+rwx /a && echo done
RUN chmod a=rwx /a
RUN find /srv -type d -exec chmod 777 {} +
RUN install -d -m 777 /x
COPY --chmod=0666 a b
ADD --chmod=777 a b
USER 10001
HEALTHCHECK NONE
CMD ["/a"]
# expect: open-files@2 open-files@3 open-files@4 open-files@5 open-files@6 open-files@7 open-files@8
