#!/bin/sh
# Runs the backend and nginx as one container: ends when either ends, and stops both on SIGTERM.
# Needs a POSIX shell, coreutils and nginx; node comes from the image build.
set -eu

run=/tmp/shop-web
PATH="$PATH:/usr/sbin"

rm -rf "$run"
mkdir -p "$run"
printf 'listen %s:%s;\n' "${HOST:-0.0.0.0}" "${PORT:-8080}" > "$run/listen.conf"
printf 'add_header x-served-by "%s; image=%s" always;\n' \
  "${AWS_REGION:-local}" "${IMAGE_DIGEST:-none}" > "$run/served-by.conf"

# Requests are logged where the backend would log them, and only to an output that may be opened.
case "${LOG_LEVEL:-info}" in
  info | debug | trace)
    if [ -w /dev/stdout ]; then log=/dev/stdout; else log=off; fi ;;
  *) log=off ;;
esac
printf 'access_log %s;\n' "$log" > "$run/access-log.conf"

# Runs one child and tells the main shell when it ended, however it ended; on SIGTERM stops the
# child with the signal given. POSIX sh cannot wait for "whichever ends first", hence a watcher each.
watched() {
  stop_signal=$1
  shift
  child=
  trap '[ -z "$child" ] || kill -"$stop_signal" "$child" 2> /dev/null || true' TERM
  "$@" &
  child=$!
  # The first wait also ends when the trap has run; the second then waits for the child itself.
  wait "$child" || true
  wait "$child" 2> /dev/null || true
  kill -USR1 $$ 2> /dev/null || true
}

status=1
trap 'status=0' TERM INT
trap 'echo "entrypoint: nginx or the backend ended; stopping the other" >&2' USR1

watched TERM env SOCKET_PATH="$run/backend.sock" LD_LIBRARY_PATH=/opt/node/lib \
  /opt/node/node /srv/backend/server.js &
backend=$!
watched QUIT nginx -e stderr -c /srv/web/nginx.conf &
front=$!

# Ends at the first signal: asked to stop, or one child gone.
wait || true
trap '' TERM INT USR1
kill -TERM "$backend" "$front" 2> /dev/null || true
wait
exit "$status"
