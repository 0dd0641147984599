# One image for web, worker, beat and migrations; what runs is the command. No compiler, no Node, no root inside.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements/build.lock requirements/app.lock requirements/
RUN python -m venv /build \
    && /build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.lock \
    && python -m venv /app \
    && /app/bin/pip install --no-cache-dir --require-hashes -r requirements/app.lock
COPY package.json package-lock.json .npmrc pyproject.toml hatch_build.py README.md LICENSE ./
COPY typefaces typefaces
COPY postcards postcards
COPY workers workers
COPY templates templates
# Scripts that cards can have beside the standard ones: all, or some of cjk, world.
ARG SCRIPTS=none
RUN CARD_SCRIPTS="$SCRIPTS" /build/bin/pip wheel --no-cache-dir --no-build-isolation --no-deps --wheel-dir /wheel . \
    && /app/bin/pip install --no-cache-dir --no-index --no-deps /wheel/*.whl

FROM python:3.12-slim-bookworm
# The folders exist in the image so that a fresh volume over them belongs to the user who runs.
RUN groupadd --gid 10001 postcards \
    && useradd --uid 10001 --gid postcards --no-create-home --home-dir /var/lib/postcards postcards \
    && install -d -o postcards -g postcards -m 0700 /var/lib/postcards /var/lib/postcards-keys
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    POSTCARDS_HOME=/var/lib/postcards
USER 10001:10001
WORKDIR /var/lib/postcards
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["postcards"]
CMD ["serve"]
