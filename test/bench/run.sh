#!/bin/sh
# Measures the gateway beside a bare reverse proxy, nginx and a direct call, and prints
# the result as Markdown. Flags go to the harness: run.sh -rounds 5 -secs 5
# Linux only. As root it runs in a network namespace that has nothing but loopback.
set -eu
cd "$(dirname "$0")/../.."
[ "$(uname -s)" = Linux ] || { echo "make bench measures on Linux only"; exit 1; }
command -v taskset >/dev/null || { echo "make bench needs taskset (util-linux)"; exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT INT TERM
version=$(git describe --tags --always --dirty 2>/dev/null || echo dev)
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$tmp/bench" ./test/bench
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$tmp/sluice" ./cmd/sluice
CGO_ENABLED=0 go test -c -trimpath -o "$tmp/inprocess" ./internal/proxy

ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
if [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null; then
	unshare -n sh -c 'ip link set lo up && exec "$@"' sh "$tmp/bench" run -sluice "$tmp/sluice" -inprocess "$tmp/inprocess" -scratch "$tmp" "$@"
else
	echo "not root: running on the shared loopback" >&2
	"$tmp/bench" run -sluice "$tmp/sluice" -inprocess "$tmp/inprocess" -scratch "$tmp" "$@"
fi
