import "../callers.css";
import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconAdjustments } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../api/client";
import { useParam } from "../lib/address";
import { count, zone } from "../lib/format";
import { ofGateway } from "../lib/rules";
import { Chip, Empty, Failure, Figure, Goto, PageTitle, Snippet, Waiting } from "../parts/parts";
import { LimitCard } from "./limits/LimitCard";
import { type Blocks, near, refusedOf } from "./limits/near";

export type LimitRule = Schemas["LimitRule"];

/** What limits refused in the last day, by five minutes: calls name a limit as its gateway does. */
function useBlocks(gateways: string[]) {
  return useQuery({
    queryKey: ["analytics", "blocks", gateways], refetchInterval: 15_000, placeholderData: keepPreviousData, enabled: gateways.length > 0,
    queryFn: async (): Promise<Blocks> => {
      const to = new Date();
      const from = new Date(to.getTime() - 86400e3);
      const asked = (gateway: string, more: Record<string, string>) => got(api.GET("/api/v1/analytics", { params: { query: { from: from.toISOString(), to: to.toISOString(), "filter.gateway": gateway, metric: "blocked", top: "100", tz: zone, ...more } as never } }));
      const all = await Promise.all(gateways.map((gateway) => asked(gateway, { by: "limit,key", step: "5m" })));
      const sums = await Promise.all(gateways.map((gateway) => asked(gateway, { by: "limit" }))); // of all callers, not of the first hundred alone
      const named = (gateway: string, limit: string, key: string) => (limit.startsWith("key/") ? `key/${key}/${limit.slice(4)}` : `gateway/${gateway}/${limit}`);
      return {
        times: all[0]!.times.map((t) => new Date(t).getTime()),
        more: all.some((a) => a.series.some((s) => s.rest)),
        totals: new Map(sums.flatMap((a, i) => a.series.filter((s) => !s.rest && !s.by.limit?.startsWith("key/")).map((s) => [named(gateways[i]!, s.by.limit ?? "", ""), s.total.blocked ?? 0]))),
        series: all.flatMap((a, i) => a.series.filter((s) => !s.rest).map((s) => ({ limit: named(gateways[i]!, s.by.limit ?? "", s.by.key ?? ""), key: s.by.key ?? "", total: s.total.blocked ?? 0, spans: s.spans.blocked ?? [] }))),
      };
    },
  });
}

export default function Limits() {
  const [keyID, setKey] = useParam("key_id");
  const [show, setShow] = useParam("show");
  const limits = useQuery({ queryKey: ["limits", keyID], queryFn: () => got(api.GET("/api/v1/limits", { params: { query: keyID ? { key_id: keyID } : {} } })), refetchInterval: 5000, placeholderData: keepPreviousData });
  const [gateway] = useParam("gateway");
  const all = (limits.data?.data ?? []).filter(ofGateway(gateway));
  const blocks = useBlocks([...new Set(all.filter((r) => r.owner.startsWith("gateway/")).map((r) => r.owner.slice(8)))]);
  const standing = all.map((r) => near(r));
  const blocked = blocks.data?.series.filter((s) => all.some((r) => r.id === s.limit)) ?? [];
  const rules = all.filter((_, i) => !show || (show === "near" ? standing[i]!.near + standing[i]!.full > 0 : !!blocks.data && refusedOf(blocks.data, all[i]!.id) > 0));
  const refused = all.reduce((s, r) => s + (blocks.data ? refusedOf(blocks.data, r.id) : 0), 0);
  const met = new Set(blocked.map((b) => b.key)).size;
  const sum = (f: (n: ReturnType<typeof near>) => number) => standing.reduce((s, n) => s + f(n), 0);
  return (
    <>
      <PageTitle title="Limits" says="How much callers may take in a time, how near they are, and whom a limit refuses." />
      {limits.isError ? <Failure error={limits.error} retry={() => void limits.refetch()} /> : !limits.data ? <Waiting rows={3} height={150} /> : all.length === 0 ? (
        <Empty icon={IconAdjustments} title="Nothing is limited yet">
          <Text ta="center" c="dimmed" mb="sm">Limits stand under a gateway in <code>sluice.yaml</code>, or on a single <Goto to="/keys">key</Goto>:</Text>
          <Snippet text={"gateways:\n  default:\n    limits:\n      - { per: key, requests: 100/1m }\n      - { per: user, tokens: 50000/1d }"} />
        </Empty>
      ) : (
        <Stack gap="md">
          <div className="four">
            <Figure label="In force" value={count(all.length)} note={`${count(sum((n) => n.used))} ${sum((n) => n.used) === 1 ? "counter" : "counters"} in use`} says="Limits of gateways, of providers (for admins) and, with a key chosen, of that key. Each counts separately for every value of what it is per." />
            <Figure label="Near" value={count(sum((n) => n.near))} tone={sum((n) => n.near) ? "var(--tag-warning-ink)" : undefined} note="80 % or more of it used" says="Counters of which at least 80 % is used and something is left." />
            <Figure label="Full now" value={count(sum((n) => n.full))} tone={sum((n) => n.full) ? "var(--mantine-color-red-text)" : undefined} note="no room at this moment" says="Counters without room: what comes now is refused, waits or goes elsewhere, as the limit says." />
            <Figure label="Refused, 24 hours" value={blocks.data ? count(refused) : "–"} note={`${met === 1 && !blocks.data?.more ? "1 key" : `${count(met)} keys${blocks.data?.more ? " and more" : ""}`} met a limit`} says="Calls of the last 24 hours that these limits refused; one that met several counts for each." />
          </div>
          <Group gap="xs">
            <SegmentedControl size="xs" aria-label="Which limits" value={show} onChange={setShow} data={[{ value: "", label: "All" }, { value: "near", label: "Near or full" }, { value: "blocked", label: "Refusing" }]} />
            {keyID && <Chip label={`key ${keyID}`} remove={() => setKey("")} />}
          </Group>
          {rules.length === 0 && <Text c="dimmed" size="sm" py="lg" ta="center">{show === "near" ? "No counter is near its limit now." : "No limit refused a call in the last 24 hours."}</Text>}
          {rules.map((r) => <LimitCard key={r.id} of={r} blocks={blocks.data} />)}
        </Stack>
      )}
    </>
  );
}
