#!/usr/bin/env bash
# Installs the Debian packages that the tests and recordings use. Fast when everything is there. Root.
set -euo pipefail

packages=(
  # real filters: test/kernel
  runc crun strace busybox-static gcc libc6-dev gcc-multilib libseccomp-dev python3-seccomp
  # the catalogue's workloads: tools/record-workloads.ts
  nginx-light apache2 lighttpd haproxy redis-server redis-tools memcached postgresql-15 postgresql-client-15
  mariadb-server mariadb-client nodejs python3 python3-minimal
  # nodes with real containers: test/cluster
  containernetworking-plugins conntrack nftables iproute2 kmod procps util-linux openssl
  # test/browser
  chromium
  # the mirrors of the runtimes' defaults are held against these
  containerd golang-github-containers-common
  # how CRI-O reads a file is held against it
  podman
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "all ${#packages[@]} packages are installed"
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
# The servers are only run in containers: their packages must not start them here.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
install() { apt-get install --yes --no-install-recommends "${missing[@]}"; }
install || { apt-get update && install; }
