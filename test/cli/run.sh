#!/bin/sh
# Has coding agents (Claude Code, Codex, Gemini CLI) work through the gateway. They are
# about 1 GB, so it happens with SLUICE_CLI=1 only (make agents); they are installed from
# their lock file into SLUICE_CLI_DIR, outside the repository.
set -eu
cd "$(dirname "$0")"

loudly() {
	echo "**************************************************************************"
	echo "** NOT RUN: the coding agents. $1"
	echo "**************************************************************************"
	exit "${2:-0}"
}

[ "${SLUICE_CLI:-}" = 1 ] || loudly "SLUICE_CLI=1 installs (1 GB) and runs them."
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
	node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' ||
	loudly "Install Node 20 or later, npm included." 1

dir=${SLUICE_CLI_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/agents}
mkdir -p "$dir"
if ! cmp -s package-lock.json "$dir/package-lock.json" || [ ! -e "$dir/installed" ]; then
	rm -f "$dir/installed"
	cp package.json package-lock.json "$dir"
	log=$(mktemp)
	if (cd "$dir" && npm ci --no-audit --no-fund --ignore-scripts && node node_modules/@anthropic-ai/claude-code/install.cjs) >"$log" 2>&1; then
		touch "$dir/installed"
	else
		tail -5 "$log"
		rm -f "$log"
		loudly "npm ci failed; see above." 1
	fi
	rm -f "$log"
fi
# The cache of results does not know the agents.
SLUICE_CLI_BIN="$dir/node_modules/.bin" exec "${GO:-go}" test -count=1 "$@" .
