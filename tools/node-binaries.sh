#!/usr/bin/env bash
# Puts the Nodes that test/node runs the program on, besides the one that runs here, into a cache outside the repo, and prints the folder:
# `node-20`, `node-22`, `node-24`.
# They come from the npm packages `node-PLATFORM-ARCH` that the package `node` installs; its own install script is not run.
# Cache: $SECCOMPLY_CACHE, else ~/.cache/seccomply.
set -euo pipefail

versions=(20.20.2 22.23.5 24.22.3)
own=$(node --print 'process.versions.node.split(".")[0]')
platform=$(node --print '`${process.platform}-${process.arch}`')
bin=${SECCOMPLY_CACHE:-$HOME/.cache/seccomply}/node
mkdir -p "$bin"
for version in "${versions[@]}"; do
  [ "${version%%.*}" = "$own" ] && continue
  command=$bin/node-${version%%.*}
  [ "$("$command" --version 2>/dev/null)" = "v$version" ] && continue
  work=$(mktemp -d "$bin/.new-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "fetching Node $version …" >&2
  npm pack --silent --pack-destination "$work" "node-$platform@$version" >/dev/null
  tar -x -f "$work"/*.tgz -C "$work" package/bin/node
  mv "$work/package/bin/node" "$command"
  rm -rf "$work"
done
echo "$bin"
