# The whole platform as one image: the web interface is built, then the program that embeds it, and
# both are left behind. amd64 and arm64: each is built on its own kind of machine, or emulated.

FROM --platform=$BUILDPLATFORM node:22.20.0-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --silent
COPY docs/data_warehouse_schema.md /src/docs/
COPY web/ ./
RUN npm run --silent build -- --logLevel warn

FROM golang:1.26.5-bookworm AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY cmd cmd
COPY docs docs
COPY internal internal
COPY web web
COPY --from=web /src/web/dist web/dist
ARG VERSION=dev
# SQLite and DuckDB are compiled in through cgo.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=1 go build -trimpath -buildvcs=false -ldflags "-s -w -X globalmart/internal/cli.version=${VERSION}" -o /out/ ./cmd/globalmart

FROM debian:12.12-slim
# Debian's archive keeps only the newest patch of a package: to pin one breaks the build on the day that it is mended.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    # The account of Spark's official image: both write the lake's volume.
    && groupadd --system --gid 185 globalmart \
    && useradd --system --uid 185 --gid 185 --no-create-home --home-dir /nonexistent globalmart \
    && install -d -o 185 -g 185 /srv/globalmart /srv/globalmart/tmp
COPY --from=program /out/globalmart /usr/local/bin/globalmart
USER 185:185
WORKDIR /srv/globalmart
ENTRYPOINT ["globalmart"]
CMD ["--help"]
