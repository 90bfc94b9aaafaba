# failover:ignore base-by-tag,base-floating the digest is given by the pipeline
FROM alpine
COPY app /app
# failover:ignore root-user it binds to port 53
USER root
HEALTHCHECK NONE
CMD ["/app"]
# expect: nothing
