# failover:ignore root-users typed wrongly
# failover:ignore root-user
FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# failover:ignore
HEALTHCHECK NONE
CMD ["/app"]
# expect: bad-ignore@1 bad-ignore@2 root-user@3 bad-ignore@4
