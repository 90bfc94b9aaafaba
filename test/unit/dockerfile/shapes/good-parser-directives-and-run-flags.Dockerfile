# syntax=docker/dockerfile:1
# escape=\
# check=skip=JSONArgsRecommended;error=true
FROM alpine:3.21@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN --network=none --security=sandbox echo hi
RUN --mount=type=ssh --mount=type=secret,id=aws,target=/root/.aws/credentials,required=true aws s3 cp s3://b/x /x
RUN ["/bin/sh", "-c", "apk add --no-cache curl"]
USER 10001
HEALTHCHECK NONE
CMD ["/x"]
# expect: nothing
