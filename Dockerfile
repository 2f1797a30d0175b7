# syntax=docker/dockerfile:1
# The image to publish. It holds what tools/image-files.mjs lists, node and nothing else: no shell, no package manager, no source.
# Pin both bases by digest where you build for production, e.g. node:24-trixie-slim@sha256:…; `docker buildx imagetools inspect` shows them.
FROM node:24-trixie-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN node tools/build.mjs \
 && find dist -name '*.map' -delete \
 && npm sbom --omit=dev --sbom-format=cyclonedx > sbom.cdx.json

FROM gcr.io/distroless/nodejs24-debian13:nonroot
LABEL org.opencontainers.image.title="seccomply" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /src/dist ./dist
COPY --from=build /src/policies ./policies
COPY --from=build /src/profiles ./profiles
COPY --from=build /src/package.json /src/LICENSE /src/sbom.cdx.json ./
ENV NODE_ENV=production HOME=/tmp
USER 65532:65532
EXPOSE 8443
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/seccomply.js"]
