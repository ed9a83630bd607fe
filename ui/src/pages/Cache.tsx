import { Box, Button, Checkbox, Grid, Group, List, RingProgress, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconDatabase } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type FormEvent, useCallback, useMemo, useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAuth } from "../api/session";
import { type Period, useParam, useParams, usePeriod } from "../lib/address";
import { spansOf, stepOf, useAnalytics } from "../lib/analytics";
import { bytes, count, ms, percent, span, usd } from "../lib/format";
import { Chart } from "../parts/Chart";
import { Lookup } from "./cache/Lookup";
import { Wipe } from "./cache/Wipe";
import { Bar, Empty, Failure, Figure, Goto, PageTitle, Panel, Parts, Snippet, Time, Waiting } from "../parts/parts";

type Row = Schemas["CacheRow"];
const colors = { hits: "#4c6ef5", stale: "#8c6bb1", coalesced: "#0b9aa8", semantic: "#74c0fc", misses: "#8792a0", bypassed: "#5c6672" };

export default function Cache() {
  const { who } = useAuth();
  const period = usePeriod();
  const cache = useQuery({ queryKey: ["cache", period.range, period.custom && [period.from.toISOString(), period.to.toISOString()]], queryFn: () => got(api.GET("/api/v1/cache", { params: { query: { from: period.from.toISOString(), ...(period.custom ? { to: period.to.toISOString() } : {}) } } })), refetchInterval: period.custom ? false : 10_000 });
  const c = cache.data;
  return (
    <>
      <PageTitle title="Cache" says="What was answered without a provider, and what that saved." />
      {cache.isError ? <Failure error={cache.error} retry={() => void cache.refetch()} /> : !c ? <Waiting rows={3} height={140} /> : (
        <Stack gap="md">
          {c.total.served + c.total.misses === 0 ? <Off /> : <><Results total={c.total} /><OverTime period={period} /></>}
          {who?.admin && <Grid gap="md" className="level">
            <Grid.Col span={{ base: 12, md: 7 }}><Tiers tiers={c.tiers ?? []} /></Grid.Col>
            <Grid.Col span={{ base: 12, md: 5 }}><Advice advice={c.advice ?? []} /></Grid.Col>
          </Grid>}
          {c.total.served + c.total.misses > 0 && <By period={period} />}
          <Grid gap="md" className="level">
            <Grid.Col span={{ base: 12, md: 6 }}><Purge /></Grid.Col>
            <Grid.Col span={{ base: 12, md: 6 }}><Lookup /></Grid.Col>
          </Grid>
        </Stack>
      )}
    </>
  );
}

function Off() {
  return (
    <Panel title="Nothing was looked up in this time">
      <Empty icon={IconDatabase} title="Answers are kept where a gateway says so">
        <Text ta="center" c="dimmed" mb="sm">With this in <code>sluice.yaml</code>, the same request within five minutes costs nothing:</Text>
        <Snippet text={"gateways:\n  default:\n    cache: { ttl: 5m }"} />
      </Empty>
    </Panel>
  );
}

function Results({ total: t }: { total: Row }) {
  const parts = [
    { label: "Hit", value: t.hits, color: colors.hits }, { label: "Stale", value: t.stale, color: colors.stale }, { label: "Coalesced", value: t.coalesced, color: colors.coalesced },
    { label: "Semantic", value: t.semantic, color: colors.semantic }, { label: "Miss", value: t.misses, color: colors.misses }, { label: "Bypassed", value: t.bypassed, color: colors.bypassed },
  ];
  return (
    <Panel title="Hit ratio" says="Of the calls that looked into the cache, how many it answered. Coalesced: shared the answer of an identical call under way. Semantic: a question that means the same. Stale: an old answer, while a new one was fetched or none was to be had.">
      <Grid align="center">
        <Grid.Col span={{ base: 12, sm: 4 }}>
          <Group justify="center"><RingProgress size={170} thickness={16} rootColor="var(--line)" roundCaps sections={t.hit_ratio ? [{ value: t.hit_ratio * 100, color: colors.hits }] : []} label={<Box ta="center"><Text className="figure" component="span">{percent(t.hit_ratio)}</Text><Text size="xs" c="dimmed">{count(t.served)} of {count(t.served + t.misses)}</Text></Box>} aria-label={`Hit ratio ${percent(t.hit_ratio)}`} role="img" /></Group>
        </Grid.Col>
        <Grid.Col span={{ base: 12, sm: 8 }}>
          <SimpleGrid cols={2} spacing="sm" mb="md">
            <Figure label="Saved" value={usd(t.saved_usd)} note="money" says="What the served calls would have cost." />
            <Figure label="Time saved" value={ms(t.saved_ms)} note={t.untimed ? `${count(t.untimed)} calls left out` : "of waiting"} says="Estimated against the mean of the misses of the same provider, model and operation in the same time." />
          </SimpleGrid>
          <Parts parts={parts} height={14} />
          <Group gap="md" mt="xs">{parts.filter((p) => p.value > 0).map((p) => <Group gap={6} key={p.label}><Box className="swatch" style={{ background: p.color }} /><Text size="xs" c="dimmed">{p.label} <b className="reading">{count(p.value)}</b></Text></Group>)}</Group>
        </Grid.Col>
      </Grid>
    </Panel>
  );
}

function Tiers({ tiers }: { tiers: Schemas["CacheTier"][] }) {
  return (
    <Panel title="Where answers are kept" says="On this node, the fastest place first.">
      <Box className="scroll">
        <table className="rows"><thead><tr><th scope="col">Place</th><th scope="col">Full</th><th scope="col" className="n">Answers</th><th scope="col" className="n">Hits</th><th scope="col" className="n">Stored</th><th scope="col" className="n">Evicted</th><th scope="col" className="n">Errors</th></tr></thead>
          <tbody>{tiers.map((t) => (
            <tr key={t.name}><td>{t.name}{t.away && <Text size="xs" c="red">does not answer</Text>}</td><td><Stack gap={2}><Bar share={t.max_bytes && t.bytes != null ? t.bytes / t.max_bytes : 0} label={`${bytes(t.bytes)} of ${bytes(t.max_bytes)}`} /><Text size="xs" c="dimmed" className="nowrap">{bytes(t.bytes)}{t.max_bytes != null && ` of ${bytes(t.max_bytes)}`}</Text></Stack></td><td className="n">{count(t.answers)}</td><td className="n">{count(t.hits)}</td><td className="n">{count(t.stored)}</td><td className="n">{count(t.evicted)}</td><td className="n">{count(t.errors + t.dropped)}</td></tr>
          ))}</tbody>
        </table>
      </Box>
    </Panel>
  );
}

function Advice({ advice }: { advice: Schemas["CacheAdvice"][] }) {
  return (
    <Panel title="What would save more" says="From the misses of late on this node.">
      {advice.length === 0 ? <Text size="sm" c="dimmed">Nothing stands out.</Text> : <List size="sm" spacing="xs">{advice.map((a, i) => <List.Item key={i}>{a.text} <Text span size="xs" c="dimmed">({percent(a.share)} of the misses of {a.gateway}{a.ttl_s ? `; ttl ${span(a.ttl_s)}` : ""})</Text></List.Item>)}</List>}
    </Panel>
  );
}

function OverTime({ period }: { period: Period }) {
  const [, set] = useParams();
  const all = useAnalytics(period, {}, true, { metric: "hit_ratio,saved_usd", step: stepOf(period) });
  const zoom = useCallback((a: Date, b: Date) => set({ from: a.toISOString(), to: b.toISOString() }), [set]);
  const view = useMemo(() => {
    const one = all.data?.series[0];
    return { times: (all.data?.times ?? []).map((t) => new Date(t).getTime() / 1000), ratio: spansOf(one, "hit_ratio"), saved: spansOf(one, "saved_usd") };
  }, [all.data]);
  if (all.isError) return <Failure error={all.error} retry={() => void all.refetch()} />;
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 6 }}><Panel title="Hit ratio over time" says="Of the calls that looked into the cache in each span, how many it answered. A gap: nothing was looked up. Drag over a part to look closer."><Chart title="Hit ratio over time" times={view.times} series={[{ label: "Hit ratio", color: colors.hits, values: view.ratio }]} kind="lines" format={percent} zoom={zoom} /></Panel></Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}><Panel title="Saved over time" says="What the served calls of each span would have cost."><Chart title="Saved over time" times={view.times} series={[{ label: "Saved", color: colors.coalesced, values: view.saved }]} kind="bars" format={usd} zoom={zoom} /></Panel></Grid.Col>
    </Grid>
  );
}

const sides = ["model", "gateway", "provider", "key", "workspace", "route", "tag", "age", "day"];
const filterOf: Record<string, string> = { model: "model", gateway: "gateway", provider: "provider", key: "key_id", workspace: "workspace", route: "route" };
const ages: Record<string, string> = { "1m": "under 1 min", "10m": "1 to 10 min", "1h": "10 min to 1 h", "6h": "1 to 6 h", "1d": "6 to 24 h", "7d": "1 to 7 days", older: "over 7 days" };

function By({ period }: { period: Period }) {
  const [chosen, choose] = useParam("by");
  const by = sides.includes(chosen) ? chosen : "model";
  const report = useQuery({ queryKey: ["cache", "report", by, period.range, period.custom && [period.from.toISOString(), period.to.toISOString()]], queryFn: () => got(api.GET("/api/v1/cache/report", { params: { query: { by: by === "model" ? "provider,model" : by, from: period.from.toISOString(), ...(period.custom ? { to: period.to.toISOString() } : {}), limit: "20" } as never } })), placeholderData: keepPreviousData });
  let rows = report.data?.data ?? [];
  if (by === "age") rows = [...rows].sort((a, b) => order(a.by.age) - order(b.by.age));
  const valueOf = (r: Row) => (by === "model" && r.by.model ? `${r.by.provider}/${r.by.model}` : (r.by[by] ?? ""));
  const nameOf = (r: Row) => { const v = valueOf(r); return r.rest ? "all others" : by === "age" ? (ages[v] ?? "nothing was kept") : v || "none"; };
  return (
    <Panel title={`Hit ratio by ${by}`} says={by === "age" ? "By how old the answer was that the cache had, whether it served or was past its time. Where misses begin, answers end to be fresh." : by === "tag" ? "A call counts at each of its tags." : "What saved most first."}
      right={<Select size="xs" w={140} aria-label="Tell apart by" data={sides.map((d) => ({ value: d, label: `By ${d}` }))} value={by} allowDeselect={false} onChange={(v) => choose(v ?? "")} />}>
      {report.isError ? <Failure error={report.error} retry={() => void report.refetch()} /> : !report.data ? <Waiting rows={4} /> : (
        <Box className="scroll"><table className="rows" aria-label={`Hit ratio by ${by}`}><thead><tr><th scope="col">{by[0]!.toUpperCase() + by.slice(1)}</th><th scope="col">What became of the calls</th><th scope="col" className="n">Hit ratio</th><th scope="col" className="n">Served</th><th scope="col" className="n">Misses</th><th scope="col" className="n">Saved</th><th scope="col" className="n">Time saved</th></tr></thead>
          <tbody>{rows.map((r) => { const name = nameOf(r); const to = filterOf[by] && r.by[by]; return <tr key={`${valueOf(r)} ${r.rest}`}><td>{to ? <Goto to="/logs" extra={{ [filterOf[by]!]: to, ...(by === "model" ? { provider: r.by.provider ?? "" } : {}) }}>{name}</Goto> : name}</td><td style={{ minWidth: 160 }}><Parts parts={[{ label: "Hit", value: r.hits, color: colors.hits }, { label: "Stale", value: r.stale, color: colors.stale }, { label: "Coalesced", value: r.coalesced, color: colors.coalesced }, { label: "Semantic", value: r.semantic, color: colors.semantic }, { label: "Miss", value: r.misses, color: colors.misses }]} /></td><td className="n">{percent(r.hit_ratio)}</td><td className="n">{count(r.served)}</td><td className="n">{count(r.misses)}</td><td className="n">{usd(r.saved_usd)}</td><td className="n">{ms(r.saved_ms)}</td></tr>; })}</tbody>
        </table></Box>
      )}
    </Panel>
  );
}

const order = (age: string | undefined) => { const i = Object.keys(ages).indexOf(age ?? ""); return i < 0 ? 99 : i; };

const wipes: [keyof Schemas["NewPurge"] & string, string, string][] = [["key", "Key", "64 hexadecimal digits"], ["model", "Model", "provider/model"], ["tag", "Tag", ""], ["gateway", "Gateway", "default"], ["provider", "Provider", ""], ["route", "Route", ""], ["older", "Older than", "12h"], ["workspace", "Workspace", ""]];

function Purge() {
  const purges = useQuery({ queryKey: ["purges"], queryFn: () => got(api.GET("/api/v1/cache/purges")) });
  const [form, setForm] = useState<Record<string, string>>({});
  const [asking, setAsking] = useState<Schemas["NewPurge"] | null>(null);
  const [all, setAll] = useState(false);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    const said = Object.fromEntries(Object.entries(form).filter(([, v]) => v));
    setAsking(Object.keys(said).length ? said : { all: true });
  };
  const nothing = Object.values(form).every((v) => !v);
  return (
    <Panel title="Purge" says="What is purged is served no more, on every node, at once. It has to match all that you fill in.">
      <form onSubmit={submit}>
        <SimpleGrid cols={2} spacing="xs">{wipes.map(([k, label, hint]) => <TextInput key={k} size="xs" label={label} placeholder={hint} value={form[k] ?? ""} onChange={(e) => setForm({ ...form, [k]: e.currentTarget.value })} />)}</SimpleGrid>
        <Group mt="sm" justify="space-between"><Checkbox size="xs" label="All answers" checked={all} disabled={!nothing} onChange={(e) => setAll(e.currentTarget.checked)} /><Button type="submit" size="xs" color="red" variant="light" disabled={nothing && !all}>Purge…</Button></Group>
      </form>
      {(purges.data?.data.length ?? 0) > 0 && <Stack gap={4} mt="md"><Text size="xs" fw={600} c="dimmed">Purged lately</Text>{purges.data?.data.slice(0, 5).map((p) => <Text size="sm" key={p.id}>{p.says}, by {p.by}, <Time value={p.time} /></Text>)}</Stack>}
      {asking && <Wipe what={asking} onClose={() => setAsking(null)} done={() => { setForm({}); setAll(false); }} />}
    </Panel>
  );
}
