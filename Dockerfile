# The portal and the simulators: one binary, not run as root.
FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked && strip target/release/motcua

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq5 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/motcua --create-home motcua
COPY --from=build /src/target/release/motcua /usr/local/bin/motcua
USER motcua
WORKDIR /var/lib/motcua
ENV MOTCUA_DATA_DIR=/var/lib/motcua/data
VOLUME /var/lib/motcua
EXPOSE 8080 8090
# SIGTERM lets requests in progress be answered first.
STOPSIGNAL SIGTERM
ENTRYPOINT ["motcua"]
CMD ["serve"]
