from debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef as Build
run make
from debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef as Final
copy --from=build /out /app
user 10001
healthcheck cmd ["/app", "health"]
cmd ["/app"]
# expect: nothing
