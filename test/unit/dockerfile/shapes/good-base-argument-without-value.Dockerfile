# The platform that builds this names the base; nothing can be said of it here.
ARG COMPANY_BASE
FROM ${COMPANY_BASE}
COPY server /server
HEALTHCHECK NONE
ENTRYPOINT ["/server"]
# expect: nothing
