FROM denoland/deno:alpine-2.1.4@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
USER 1000
COPY deno.json deno.lock ./
RUN deno install --frozen
COPY . .
RUN deno cache main.ts
HEALTHCHECK NONE
CMD ["run", "--allow-net", "main.ts"]
# expect: nothing
