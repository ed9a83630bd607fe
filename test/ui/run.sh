#!/bin/sh
# Has a browser work in the dashboard of the built binary: run.sh tests it, run.sh shots
# FOLDER takes pictures. Without Node or Chromium it says loudly what is skipped.
set -eu
cd "$(dirname "$0")"

loudly() {
	echo "**************************************************************************"
	echo "** NOT RUN: the dashboard in a browser. $1"
	echo "**************************************************************************"
	exit 0
}

command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
	node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' ||
	loudly "Install Node 20 or later, npm included."
SLUICE_CHROMIUM=${SLUICE_CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
[ -n "$SLUICE_CHROMIUM" ] || loudly "Install Chromium."
export SLUICE_CHROMIUM

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
	log=$(mktemp)
	if ! (npm ci --no-audit --no-fund --ignore-scripts) >"$log" 2>&1; then
		tail -5 "$log"
		rm -f "$log"
		loudly "npm ci failed; see above."
	fi
	touch "$installed"
	rm -f "$log"
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export SLUICE_BINARY="${SLUICE_BINARY:-$dir/sluice}"
[ -e "$SLUICE_BINARY" ] || CGO_ENABLED=0 "${GO:-go}" build -o "$SLUICE_BINARY" ../../cmd/sluice
if [ "${1:-}" = shots ]; then
	node shots.mjs "$SLUICE_BINARY" "$2"
else
	# Files wait for their gateway as often as they work, so that as many run as there are processors.
	node --test --test-concurrency="$(node -p "os.availableParallelism()")" --test-timeout=300000 *.test.mjs # for each file
fi
