#!/bin/sh
# Builds the dashboard: the API's types, the type check, the bundle, its compressed forms.
# build.sh writes internal/web/dist; build.sh check compares with it, writes nothing, and runs the tests that need no browser.
set -eu
cd "$(dirname "$0")"

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
	npm ci --no-audit --no-fund --ignore-scripts
	touch "$installed"
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${GO:-go}" run openapi.go >"$dir/openapi.json"
npx --no-install openapi-typescript "$dir/openapi.json" -o "$dir/schema.ts" >/dev/null
if [ "${1:-}" = check ]; then
	cmp "$dir/schema.ts" src/api/schema.ts || {
		echo 'ui/src/api/schema.ts is not what the API says of itself: run make ui'
		exit 1
	}
else
	cmp -s "$dir/schema.ts" src/api/schema.ts || cp "$dir/schema.ts" src/api/schema.ts
fi

[ "${1:-}" != check ] || npm run --silent test

# Made elsewhere and put in place at once, so that a build of the binary meanwhile finds one.
export SLUICE_UI_OUT="$dir/dist"
npm run --silent build
if [ "${1:-}" != check ]; then
	rm -rf ../internal/web/dist
	mv "$SLUICE_UI_OUT" ../internal/web/dist
	SLUICE_UI_OUT=../internal/web/dist
fi
node same.mjs ../internal/web/dist "$SLUICE_UI_OUT"
