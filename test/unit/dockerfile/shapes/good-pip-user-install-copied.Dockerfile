FROM python:3.12 AS build
COPY requirements.txt .
RUN pip install --user --no-warn-script-location -r requirements.txt
FROM python:3.12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=build --chown=1000:1000 /root/.local /opt/shop
ENV PATH=/opt/shop/bin:$PATH
COPY src /srv
USER 1000
HEALTHCHECK NONE
CMD ["python", "/srv/main.py"]
# expect: nothing
