# One image for the server, the worker and the migration; `docker-compose.yml` says which.
FROM python:3.12-slim-trixie AS packages
WORKDIR /srv/handstamp
COPY requirements/run.lock requirements/run.lock
RUN python -m venv /srv/venv \
 && /srv/venv/bin/pip install --no-cache-dir --require-hashes -r requirements/run.lock

FROM python:3.12-slim-trixie
# Pango draws the PDF tickets; the fonts are for names beyond Latin, Greek, Cyrillic, Vietnamese.
# PostgreSQL's client, of the stack's version, makes backups.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 \
      libharfbuzz-subset0 fontconfig fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
      postgresql-client-17 \
 && rm -rf /var/lib/apt/lists/* \
 && fc-cache -f
RUN useradd --system --uid 10001 --create-home --home-dir /srv/data handstamp \
 && install --directory --owner handstamp --mode 700 /srv/data/journal
WORKDIR /srv/handstamp
COPY --from=packages /srv/venv /srv/venv
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY migrations migrations
COPY pwa pwa
RUN /srv/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e .
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 HANDSTAMP_HOST=0.0.0.0
USER handstamp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/tickets/checkin/time')"]
ENTRYPOINT ["handstamp"]
CMD ["serve"]
