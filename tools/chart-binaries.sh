#!/usr/bin/env bash
# Builds helm and kustomize from their Go modules into a cache outside the repo, and prints the folder. The test of the manifests
# holds what they make against the objects that `seccomply install` applies.
set -euo pipefail

helm=3.19.4
kustomize=5.8.0
bin=${SECCOMPLY_CACHE:-$HOME/.cache/seccomply}/charts/helm-$helm-kustomize-$kustomize
if [ ! -x "$bin/helm" ] || [ ! -x "$bin/kustomize" ]; then
  command -v go >/dev/null || { echo "cannot build helm and kustomize: no Go here" >&2; exit 1; }
  mkdir -p "$bin"
  # One build at a time: a second caller waits and then finds everything there.
  exec 9>"$bin/.lock"
  flock 9
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  export GOFLAGS=-mod=mod GOTOOLCHAIN=local GOBIN=$work CGO_ENABLED=0
  [ -x "$bin/helm" ] || { go install -trimpath "helm.sh/helm/v3/cmd/helm@v$helm" >&2 && mv "$work/helm" "$bin/helm"; }
  [ -x "$bin/kustomize" ] || { go install -trimpath "sigs.k8s.io/kustomize/kustomize/v5@v$kustomize" >&2 && mv "$work/kustomize" "$bin/kustomize"; }
fi
echo "$bin"
