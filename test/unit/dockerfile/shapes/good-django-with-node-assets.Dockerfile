FROM node:22-slim AS assets
WORKDIR /assets
COPY package.json package-lock.json ./
RUN npm ci
COPY assets .
RUN npx vite build --outDir /static
FROM python:3.13-slim AS py
ENV PIP_NO_CACHE_DIR=1 DJANGO_SECRET_KEY=
RUN python -m venv /venv && /venv/bin/pip install -U pip
COPY requirements/ /requirements/
RUN /venv/bin/pip install -r /requirements/prod.txt
FROM python:3.13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY --from=py /venv /venv
COPY --from=assets /static /srv/static
COPY . /srv
WORKDIR /srv
RUN SECRET_KEY=build-only /venv/bin/python manage.py collectstatic --noinput
USER 10001
HEALTHCHECK NONE
CMD ["/venv/bin/gunicorn", "shop.wsgi"]
# expect: nothing
