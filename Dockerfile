# The image of scim-bridge: one static binary, certificate authorities and a
# folder for data. Nothing else is in it, no shell either.
#
#   docker build -t scim-bridge .
#
# Where base images cannot be pulled, "make image-local" builds the last stage
# alone, around a binary that was built outside: the stage copies from
# "scim-bridge-build", which may be the stage here or an image of that name.

FROM golang:1.26-bookworm AS scim-bridge-build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN mkdir -p /image/data \
 && cp /etc/ssl/certs/ca-certificates.crt /image/ \
 && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /image/scim-bridge ./cmd/scim-bridge

FROM scratch
COPY --from=scim-bridge-build /image/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=scim-bridge-build /image/scim-bridge /scim-bridge
COPY --from=scim-bridge-build --chown=65532:65532 /image/data /data
USER 65532:65532
# "store: sqlite:bridge.db" is a file in here. There is no /tmp.
WORKDIR /data
ENV TMPDIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 \
  CMD ["/scim-bridge", "healthcheck", "--config", "/etc/scim-bridge/scim-bridge.yaml"]
ENTRYPOINT ["/scim-bridge"]
CMD ["serve", "--config", "/etc/scim-bridge/scim-bridge.yaml"]
