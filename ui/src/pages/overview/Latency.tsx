// How long calls took, by percentiles: to the end of the answer, or to its first content.
import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { useParams } from "../../lib/address";
import { spansOf, useAnalytics } from "../../lib/analytics";
import { ms } from "../../lib/format";
import { Chart } from "../../parts/Chart";
import { Failure, Panel, Waiting } from "../../parts/parts";
import { useOverall, useZoom, type View } from "./view";

const quantiles: [string, string][] = [["p50", "#4c6ef5"], ["p90", "#0b9aa8"], ["p95", "#e69f00"], ["p99", "#d55e00"]];
const firsts = quantiles.map(([q]) => `first_byte_${q}_ms`).join(",");

export function Latency(view: View) {
  const [params, set] = useParams();
  const first = params.get("latency") === "first";
  const says = first
    ? "Until the first content of the answer came; of answers that are no stream, the first byte. p90: 90 of 100 calls had it by then; the bands lie between p50, p90, p95 and p99. Within 1 % of a call's own."
    : "How long calls took, to the end of the answer. p90: 90 of 100 took no longer; the bands lie between p50, p90, p95 and p99. Within 1 % of a call's own. Dashed: the provider alone, and Sluice alone.";
  return (
    <Panel title="Latency" says={says} right={<SegmentedControl size="xs" aria-label="Until when" value={first ? "first" : ""} onChange={(v) => set({ latency: v })} data={[{ value: "", label: "Whole answer" }, { value: "first", label: "First token" }]} />}>
      {first ? <First {...view} /> : <Whole {...view} />}
    </Panel>
  );
}

function Whole(view: View) {
  const { times, one } = useOverall(view);
  const zoom = useZoom();
  const series = useMemo(
    () => [...quantiles.map(([label, color], i) => ({ label, color, filled: i > 0, values: spansOf(one, `latency_${label}_ms`) })), { label: "provider p95", color: "#868e96", dash: [2, 2], values: spansOf(one, "provider_p95_ms") }, { label: "Sluice p95", color: "#8c6bb1", dash: [2, 2], values: spansOf(one, "gateway_p95_ms") }],
    [one],
  );
  return <Chart title="Latency" times={times} series={series} kind="lines" format={ms} zoom={zoom} />;
}

function First({ period, filters, live }: View) {
  const { step, times } = useOverall({ period, filters, live });
  const told = useAnalytics(period, filters, live, { metric: firsts, step });
  const zoom = useZoom();
  const one = told.data?.series[0];
  const series = useMemo(() => quantiles.map(([label, color], i) => ({ label, color, filled: i > 0, values: spansOf(one, `first_byte_${label}_ms`) })), [one]);
  if (told.isError) return <Failure error={told.error} />;
  if (!told.data) return <Waiting rows={1} height={242} />;
  return <Chart title="First token" times={times} series={series} kind="lines" format={ms} zoom={zoom} />;
}
