FROM registry.example.com:5000/team/base
HEALTHCHECK NONE
CMD ["/app"]
# expect: base-floating@1
