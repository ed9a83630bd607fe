#!/bin/sh
# Measures a gateway over a store that `sluice dev seed` has filled: what the overview
# asks, pages of the logs by common and rare filters, and searches. Each line has the
# wall time and the CPU time that the gateway took (Linux; it must run on this machine).
# Usage: measure.sh ADMIN_URL ADMIN_TOKEN PID
set -eu
api=$1/api/v1 token=$2 pid=$3
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
cpu() { awk '{print ($14 + $15) * 10}' "/proc/$pid/stat"; }
ask() {
	before=$(cpu)
	told=$(curl -s -o "$answer" -w '%{http_code} %{time_total} s' -H "Authorization: Bearer $token" "$api$2")
	echo "$1: $told, CPU $(($(cpu) - before)) ms, $(grep -o '"id":"' "$answer" | wc -l) entries"
}
now=$(date -u +%FT%TZ)
for days in 1 7 30; do
	case $days in 1) step=15m ;; 7) step=hour ;; *) step=day ;; esac
	time="from=$(date -u -d "-$days days" +%FT%TZ)&to=$now"
	ask "$days d: summary" "/analytics/summary?$time&compare=previous"
	ask "$days d: all, by $step" "/analytics?metric=requests,errors,cost_usd,latency_p50_ms,latency_p95_ms&step=$step&$time"
	ask "$days d: models, by $step" "/analytics?metric=cost_usd&by=provider,model&top=6&step=$step&$time"
	ask "$days d: models" "/analytics?metric=requests,tokens,cost_usd,error_rate,latency_p95_ms&by=provider,model&top=8&$time"
	ask "$days d: keys" "/analytics?metric=requests,tokens,cost_usd,error_rate,latency_p95_ms&by=key&top=8&$time"
done
for filter in limit=50 user=chat-widget-08990 user=nobody model=qwen3-30b model=none status=403 status=5xx status=418 session=none error_code=model_not_found \
	cache=stale client_ip=10.3.60.7 provider=cohere operation=images min_cost=0.2 min_latency_ms=60000 'user=website-00100&model=gpt-image-1' \
	'status=403&workspace=legal' 'key_id=key_seed11&error_code=overloaded' 'route=code&status=504'; do
	ask "page $filter" "/entries?$filter"
done
for words in refund '%22waterproof+camera%22' 'zelda+auckland' '%E8%AE%A2%E5%8D%95' 'ord*+-the' nothinglikeit 'refund&status=504'; do
	ask "search $words" "/entries?search=$words"
done
grep -E 'VmRSS|VmHWM' "/proc/$pid/status"
