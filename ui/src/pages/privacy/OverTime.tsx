// What redaction took out, by kind over time.
import { Group, SegmentedControl, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got } from "../../api/client";
import { useParam } from "../../lib/address";
import { colorsOf } from "../../lib/color";
import { count, zone } from "../../lib/format";
import { Chart } from "../../parts/Chart";
import { Failure, Goto, Panel, Waiting } from "../../parts/parts";

/** How long the chart looks back, and how finely. */
const spans: Record<string, { label: string; hours: number; step: string }> = { "24h": { label: "24 hours", hours: 24, step: "hour" }, "7d": { label: "7 days", hours: 168, step: "hour" }, "30d": { label: "30 days", hours: 720, step: "day" } };

export function OverTime() {
  const [chosen, choose] = useParam("since");
  const since = spans[chosen] ? chosen : "24h";
  const { hours, step } = spans[since]!;
  const found = useQuery({
    queryKey: ["redactions", since, zone], placeholderData: keepPreviousData, refetchInterval: 60_000,
    queryFn: () => { const to = new Date(); return got(api.GET("/api/v1/privacy/redactions", { params: { query: { from: new Date(to.getTime() - hours * 3_600_000).toISOString(), to: to.toISOString(), step, tz: zone } } })); },
  });
  const view = useMemo(() => {
    const kinds = found.data?.data ?? [];
    const colors = colorsOf(kinds.map((k) => k.kind));
    return { times: (found.data?.times ?? []).map((t) => new Date(t).getTime() / 1000), series: kinds.map((k) => ({ label: k.kind, color: colors.get(k.kind)!, values: k.found })) };
  }, [found.data]);
  const kinds = found.data?.data ?? [];
  return (
    <Panel title="Taken out over time" says="How often redaction found something of a kind, and took it out before anything was written. More than usual may mean that an application says what it should not."
      right={<SegmentedControl size="xs" aria-label="How far back" data={Object.entries(spans).map(([value, s]) => ({ value, label: s.label }))} value={since} onChange={(v) => choose(v === "24h" ? "" : v)} />}>
      {found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : !found.data ? <Waiting rows={1} height={200} /> : kinds.length === 0 ? <Text size="sm" c="dimmed">Nothing was found in this time.</Text> : (
        <>
          <Chart title="Taken out over time" times={view.times} series={view.series} kind="bars" format={count} height={200} />
          <Group gap="md" mt="xs">{kinds.map((k) => <Goto key={k.kind} to="/logs" extra={{ redacted: k.kind, range: since }}>{k.kind}: {count(k.total)} in {count(k.calls)} {k.calls === 1 ? "call" : "calls"}</Goto>)}</Group>
        </>
      )}
    </Panel>
  );
}
