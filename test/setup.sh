#!/bin/sh
# Finds or installs what the tests use: PostgreSQL, Redis, Prometheus, Chromium, and tools
# for the race detector. As root on Debian it installs what is missing; anywhere else it says
# loudly what will be skipped.
set -u
missing=""
have() { command -v "$1" >/dev/null 2>&1; }
have_postgres() { have postgres || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; }

have_postgres || missing="$missing postgresql"
have redis-server || missing="$missing redis-server"
have promtool || missing="$missing prometheus"
have chromium || have google-chrome || missing="$missing chromium"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && have apt-get; then
	echo "test/setup.sh: installing$missing"
	log=$(mktemp)
	if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
		rm -f "$log"
		exit 0
	fi
	tail -5 "$log"
	rm -f "$log"
fi
echo "**************************************************************************"
echo "** NOT INSTALLED:$missing"
echo "** The tests that need these are SKIPPED. Install them to run everything."
echo "**************************************************************************"
exit 0
