#!/usr/bin/env bash
# Builds the Kubernetes that the cluster tests run, from its Go modules, into a cache outside the repo, and prints the folder.
#
#   tools/kubernetes-binaries.sh [control-plane|all]        default: all
#
# control-plane: etcd and kube-apiserver, new enough for MutatingAdmissionPolicy v1. all: also what nodes need, at the newest
# version that the containerd 1.6 of Debian 12 serves (a kubelet may be up to three minors older than the API server).
# Cache: $SECCOMPLY_CACHE, else ~/.cache/seccomply; a folder per set of versions, so that a newer script builds anew.
# KUBEBUILDER_ASSETS with etcd and kube-apiserver is taken as it is (no nodes then, unless it has their commands too).
set -euo pipefail

server=1.36.3
etcd=3.6.16
node=1.34.4
what=${1:-all}

node_commands=(kube-controller-manager kube-scheduler kube-proxy kubelet)
server_commands=(kube-apiserver)
# Any kubectl of these years does; built only where there is none.
command -v kubectl >/dev/null || server_commands+=(kubectl)
case $what in
  control-plane) wanted=(etcd "${server_commands[@]}") ;;
  all) wanted=(etcd "${server_commands[@]}" "${node_commands[@]}") ;;
  *) echo "usage: $0 [control-plane|all]" >&2; exit 2 ;;
esac

bin=${KUBEBUILDER_ASSETS:-${SECCOMPLY_CACHE:-$HOME/.cache/seccomply}/kubernetes/$server-$node-etcd-$etcd}
missing=()
for command in "${wanted[@]}"; do [ -x "$bin/$command" ] || missing+=("$command"); done
if [ ${#missing[@]} -eq 0 ]; then
  echo "$bin"
  exit 0
fi
if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  echo "KUBEBUILDER_ASSETS=$bin lacks: ${missing[*]}" >&2
  exit 1
fi
command -v go >/dev/null || { echo "cannot build ${missing[*]}: no Go here; set KUBEBUILDER_ASSETS to a folder that has them" >&2; exit 1; }

mkdir -p "$bin"
# One build at a time: a second caller waits and then finds everything there.
exec 9>"$bin/.lock"
flock 9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOFLAGS=-mod=mod GOTOOLCHAIN=local

# build MODULE_FOLDER COMMAND PACKAGE [LDFLAGS]: into a temporary name first, so that a broken build leaves no binary behind.
build() {
  [ -x "$bin/$2" ] && return 0
  echo "building $2 …" >&2
  (cd "$1" && CGO_ENABLED=$([ "$2" = kubelet ] && echo 1 || echo 0) go build -trimpath -ldflags "-s -w ${4:-}" -o "$bin/.$2.new" "$3") >&2
  mv "$bin/.$2.new" "$bin/$2"
}

# kubernetes_module VERSION FOLDER: a module of our own that has k8s.io/kubernetes as a dependency. Kubernetes names its
# staging modules v0.0.0 and replaces them by folders of its own tree; here each is replaced by its published version.
kubernetes_module() {
  local version=$1 folder=$2 gomod module command
  mkdir -p "$folder"
  cd "$folder"
  [ -f go.mod ] && return 0
  go mod init example.test/kubernetes 2>/dev/null
  gomod=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
  awk '/=> \.\/staging/ { print $1 }' "$gomod" | sort -u | while read -r module; do
    go mod edit -replace "$module=$module@v0.${version#1.}"
  done
  go mod edit -require "k8s.io/kubernetes@v$version"
  for command in kube-apiserver kubectl "${node_commands[@]}"; do go mod edit -tool "k8s.io/kubernetes/cmd/$command"; done
  go mod tidy >&2 2>/dev/null
}

version_flags() {
  local minor=${1#1.}
  local package=k8s.io/component-base/version
  echo "-X $package.gitVersion=v$1 -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}"
}

for command in "${missing[@]}"; do
  case $command in
    etcd)
      mkdir -p "$work/etcd"
      cd "$work/etcd"
      go mod init example.test/etcd 2>/dev/null
      go get "go.etcd.io/etcd/server/v3@v$etcd" 2>/dev/null
      build "$work/etcd" etcd go.etcd.io/etcd/server/v3
      ;;
    kube-apiserver | kubectl)
      kubernetes_module "$server" "$work/server"
      build "$work/server" "$command" "k8s.io/kubernetes/cmd/$command" "$(version_flags "$server")"
      ;;
    *)
      kubernetes_module "$node" "$work/node"
      build "$work/node" "$command" "k8s.io/kubernetes/cmd/$command" "$(version_flags "$node")"
      ;;
  esac
done
echo "$bin"
