#!/bin/sh
# Measures a gateway over a store that `sluice dev seed` has filled: what the overview
# asks, pages of the logs by common and rare filters, and searches. Each line has the
# wall time and the CPU time that the gateway took (Linux; it must run on this machine),
# how many entries came, and back to when was looked where a page ended early.
# Usage: [ZONE=Europe/Berlin] [COLD=yes] measure.sh ADMIN_URL ADMIN_TOKEN PID [overview|filtered|entries|pages|search]...
# COLD=yes empties the system's file cache before each question; that needs root.
set -eu
api=$1/api/v1 token=$2 pid=$3
shift 3
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
cpu() { awk '{print ($14 + $15) * 10}' "/proc/$pid/stat"; }
ask() {
	if [ -n "${COLD:-}" ]; then sync; echo 3 >/proc/sys/vm/drop_caches; fi
	before=$(cpu)
	told=$(curl -s -o "$answer" -w '%{http_code} %{time_total} s' -H "Authorization: Bearer $token" "$api$2")
	echo "$1: $told, CPU $(($(cpu) - before)) ms, $(grep -o '"id":"' "$answer" | wc -l) entries$(sed -n 's/.*"searched_to":"\([^"]*\)".*/, looked to \1/p' "$answer")"
}
overview() {
	now=$(date -u +%FT%TZ)
	overall=requests,hits,errors,blocked,cancelled,latency_p50_ms,latency_p90_ms,latency_p95_ms,latency_p99_ms,provider_p95_ms,gateway_p95_ms,misses,input_tokens,output_tokens,provider_total_ms,gateway_total_ms,queue_total_ms,caller_total_ms
	firsts=first_byte_p50_ms,first_byte_p90_ms,first_byte_p95_ms,first_byte_p99_ms
	groups=requests,tokens,cost_usd,error_rate,first_byte_p95_ms,latency_p95_ms
	for days in 1 7 30; do
		case $days in 1) step=15m ;; 7) step=hour ;; *) step=day ;; esac
		start=$(date -u -d "-$days days" +%FT%TZ)
		time="from=$start&to=$now"
		spans="$time&step=$step&tz=${ZONE:-UTC}"
		ask "$days d: summary" "/analytics/summary?$time&compare=previous"
		ask "$days d: trends, by $step" "/analytics?metric=requests,error_rate,first_byte_p95_ms,tokens,cost_usd,hit_ratio&$spans"
		ask "$days d: outcomes, by $step" "/analytics?metric=$overall&$spans"
		ask "$days d: first tokens, by $step" "/analytics?metric=$firsts&$spans"
		ask "$days d: requests before, by $step" "/analytics?metric=requests&from=$(date -u -d "-$((2 * days)) days" +%FT%TZ)&to=$start&step=$step&tz=${ZONE:-UTC}"
		ask "$days d: spend of models, by $step" "/analytics?metric=cost_usd&by=provider,model&top=4&$spans"
		ask "$days d: models without a price" "/analytics?metric=requests,unpriced,tokens,cost_usd&by=provider,model&top=50&tz=${ZONE:-UTC}&$time"
		ask "$days d: routes in use" "/analytics?metric=requests&by=route&top=20&tz=${ZONE:-UTC}&$time"
		ask "$days d: alerts, for marks" "/alerts/history?limit=100&$time"
		for by in provider,model key limit metadata.team; do
			ask "$days d: by $by" "/analytics?metric=$groups&by=$by&top=8&$time"
			ask "$days d: by $by, compared" "/analytics?metric=$groups&by=$by&top=20&compare=previous&$time"
		done
	done
	for standing in health budgets gateways routes config/revisions?limit=100; do
		ask "standing: $standing" "/$standing"
	done
}
# The overview with a filter: what no row tells apart beside it is read from the entries.
filtered() {
	now=$(date -u +%FT%TZ)
	groups=requests,tokens,cost_usd,error_rate,first_byte_p95_ms,latency_p95_ms
	time="from=$(date -u -d -7days +%FT%TZ)&to=$now"
	for filter in key=key_seed11 provider=openai model=gpt-5 route=code workspace=default; do
		where="$time&filter.$filter"
		ask "7 d, $filter: summary" "/analytics/summary?$where&compare=previous"
		ask "7 d, $filter: outcomes, by hour" "/analytics?metric=requests,hits,errors,blocked,cancelled,latency_p95_ms&step=hour&tz=${ZONE:-UTC}&$where"
		ask "7 d, $filter: spend of models, by hour" "/analytics?metric=cost_usd&by=provider,model&top=4&step=hour&tz=${ZONE:-UTC}&$where"
		ask "7 d, $filter: by model" "/analytics?metric=$groups&by=provider,model&top=8&$where"
		ask "7 d, $filter: by key" "/analytics?metric=$groups&by=key&top=8&$where"
		ask "7 d, $filter: by key, compared" "/analytics?metric=$groups&by=key&top=20&compare=previous&$where"
		ask "7 d, $filter: blocked callers" "/analytics?metric=blocked&by=key&top=4&$where"
		ask "7 d, $filter: routes in use" "/analytics?metric=requests&by=route&top=20&$where"
	done
}
# What no row tells apart is read from the entries, the newest of them where they are many.
entries() {
	time="from=$(date -u -d -7days +%FT%TZ)&to=$(date -u +%FT%TZ)"
	ask "7 d: summary of a route and a key, from entries" "/analytics/summary?$time&filter.route=code&filter.key=key_seed11"
	ask "7 d: outcomes of a route and a key by hour, from entries" "/analytics?metric=requests,errors,blocked,cancelled,latency_p95_ms&step=hour&tz=${ZONE:-UTC}&filter.route=code&filter.key=key_seed11&$time"
	ask "7 d: summary of a model and a user, from entries" "/analytics/summary?$time&compare=previous&filter.model=gpt-4o&filter.user=chat-widget-08990"
	grep -q '"source":"entries"' "$answer" || echo "   that was not answered from entries"
	ask "7 d: models of a route and a key, from entries" "/analytics?metric=requests,cost_usd&by=model&top=8&filter.route=code&filter.key=key_seed11&$time"
}
pages() {
	for filter in limit=50 user=chat-widget-08990 user=nobody model=qwen3-30b model=none status=403 status=5xx status=418 session=none error_code=model_not_found \
		cache=stale client_ip=10.3.60.7 provider=cohere operation=images min_cost=0.2 min_cost=900 max_cost=0 min_latency_ms=60000 min_first_byte_ms=60000 min_total_tokens=1000000 min_attempts=9 attempt_fault=timeout attempt_fault=none user_agent=curl cache_tags=none cache_key=none endpoint=none priced=false finish_reason=length finish_reason=none credential=none \
		'user=website-00100&model=gpt-image-1' 'status=403&workspace=legal' 'key_id=key_seed11&error_code=overloaded' 'route=code&status=504' 'model=gpt-4o&min_cost=900'; do
		ask "page $filter" "/entries?$filter"
	done
}
search() {
	for words in refund '%22waterproof+camera%22' 'zelda+auckland' '%E8%AE%A2%E5%8D%95' 'ord*+-the' nothinglikeit 'refund&status=504'; do
		ask "search $words" "/entries?search=$words"
	done
}
for part in "${@:-overview filtered entries pages search}"; do
	for one in $part; do $one; done
done
grep -E 'VmRSS|VmHWM' "/proc/$pid/status"
