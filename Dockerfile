# The image: Sluice and its plugins, the libraries they need, an init, certificates; no shell, no package manager.
# BASE is a Debian 13: its packages build it, and its files are what is copied.
#
#   docker build -t sluice .
#   docker run -v ./pipeline.ini:/etc/sluice/pipeline.ini:ro sluice
#
# A plugin of yours: COPY it to /usr/lib/sluice/plugins in an image derived from this one, or mount a folder at /plugins.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS build
RUN apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends build-essential \
    ca-certificates cmake libinih-dev libjansson-dev libmicrohttpd-dev libmongoc-dev librdkafka-dev libsystemd-dev \
    libssl-dev libunistring-dev nettle-dev ninja-build pkg-config tini uthash-dev
WORKDIR /source
COPY . .
RUN cmake --preset release -DSLUICE_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=lib && \
    cmake --build --preset release && DESTDIR=/root/built cmake --install build/release --strip
# What runs: our files but those for making plugins, and every library that they are linked with. Certificates are where
# Debian's OpenSSL looks for them when nothing else is said.
RUN rm -rf /root/built/usr/include /root/built/usr/lib/cmake /root/built/usr/lib/pkgconfig /root/built/usr/share \
    /root/built/usr/bin/sluice-check /root/built/usr/lib/systemd && \
    cd /root/built && mkdir -p bin etc/sluice etc/ssl/certs plugins tmp usr/lib/ssl && chmod 1777 tmp && \
    { ldd /usr/bin/tini usr/bin/sluice usr/lib/sluice/plugins/*.so; } | grep -oE '/[^ ]+\.so[^ ]*' | sort -u | \
    while read -r library; do mkdir -p ".$(dirname "$library")" && cp -L "$library" ".$library"; done && \
    cp /usr/bin/tini usr/bin/ && cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/ && \
    ln -s /etc/ssl/certs/ca-certificates.crt usr/lib/ssl/cert.pem && \
    cp /etc/os-release etc/ && cp -r /usr/share/zoneinfo/Etc/UTC etc/localtime && \
    echo 'sluice:x:10001:10001::/:/nonexistent' >etc/passwd && echo 'sluice:x:10001:' >etc/group && \
    echo 'hosts: files dns' >etc/nsswitch.conf

FROM scratch
ARG VERSION=0.1.0 REVISION=
LABEL org.opencontainers.image.title="Sluice" \
      org.opencontainers.image.description="A Kafka Connect-style sink plugin host in C" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /root/built /
ENV SLUICE_PLUGIN_PATH=/plugins
USER 10001:10001
EXPOSE 8050 8080 8083
# tini reaps what plugins leave behind and passes signals on.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/bin/sluice"]
CMD ["run", "-c", "/etc/sluice/pipeline.ini"]
