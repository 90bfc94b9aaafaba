FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
RUN apt-get update \
    # chmod 777 /etc is what a bad guide says
    && apt-get install -y --no-install-recommends \
       # needed at run time

       ca-certificates \
       libssl3 \
    && rm -rf /var/lib/apt/lists/*
COPY app /app
USER 10001
HEALTHCHECK CMD ["/app", "--health"]
CMD [ "/app", \
      # where to listen
      "--port", "8080" ]
# expect: nothing
