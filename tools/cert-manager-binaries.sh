#!/usr/bin/env bash
# Builds the parts of cert-manager that its cluster test runs into a cache outside the repo, and prints the folder: `cert-manager` (our
# own main.go around the published Go module, which comes without its commands) and `crds/`, its custom kinds.
set -euo pipefail

cert_manager=1.21.2
source=$(dirname "$(realpath "$0")")/../test/cluster/support/cert-manager/main.go
# Another main.go is another program.
content=$(sha256sum "$source" | cut -c 1-12)
bin=${SECCOMPLY_CACHE:-$HOME/.cache/seccomply}/cert-manager/$cert_manager-$content
if [ ! -x "$bin/cert-manager" ]; then
  command -v go >/dev/null || { echo "cannot build cert-manager: no Go here" >&2; exit 1; }
  mkdir -p "$bin"
  # One build at a time: a second caller waits and then finds everything there.
  exec 9>"$bin/.lock"
  flock 9
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  export GOFLAGS=-mod=mod GOTOOLCHAIN=local CGO_ENABLED=0
  if [ ! -x "$bin/cert-manager" ]; then
    echo "building cert-manager …" >&2
    cp "$source" "$work/main.go"
    cd "$work"
    go mod init example.test/cert-manager 2>/dev/null
    go get "github.com/cert-manager/cert-manager@v$cert_manager" >&2
    go build -trimpath -ldflags '-s -w' -o cert-manager . >&2
    module=$(go list -m -f '{{.Dir}}' github.com/cert-manager/cert-manager)
    rm -rf "$bin/crds"
    mkdir "$bin/crds"
    cp "$module"/deploy/crds/cert-manager.io_*.yaml "$bin/crds"
    # The module's files cannot be written to, and so could not be removed.
    chmod u+w "$bin"/crds/*
    mv cert-manager "$bin/cert-manager"
  fi
fi
echo "$bin"
