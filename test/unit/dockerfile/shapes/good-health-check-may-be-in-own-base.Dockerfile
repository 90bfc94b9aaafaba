FROM registry.example.com:5000/team/node-base:24@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY dist /app
USER 10001
CMD ["node", "/app/server.js"]
# expect: nothing
