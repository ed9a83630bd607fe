#!/bin/sh
# Runs the official SDKs, Go and JavaScript, against a gateway, and exports against real
# servers of Kafka's, NATS's and S3's protocols. It installs the
# JavaScript ones from their lock file; without Node it says loudly what is skipped.
set -eu
cd "$(dirname "$0")/sdk"
js=js/node_modules/.package-lock.json

loudly() {
	echo "**************************************************************************"
	echo "** NOT RUN: the JavaScript SDKs. $1"
	echo "**************************************************************************"
}

have_node() {
	command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
		node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)'
}

if ! have_node; then
	loudly "Install Node 20 or later, npm included."
elif [ ! -e "$js" ] || [ js/package-lock.json -nt "$js" ]; then
	log=$(mktemp)
	if (cd js && npm ci --no-audit --no-fund --ignore-scripts) >"$log" 2>&1; then
		touch "$js"
	else
		tail -5 "$log"
		loudly "npm ci failed; see above."
	fi
	rm -f "$log"
fi

cd go
# Sinks of exports against servers and clients that the product does not need.
(cd export && go vet ./... && go test -count=1 -shuffle=on "$@" ./...)
go vet ./...
# The cache of results does not know the files outside the module.
exec go test -count=1 -shuffle=on "$@" ./...
