import "../callers.css";
import { Anchor, Box, Button, Card, Group, Tabs, Text } from "@mantine/core";
import { IconPlus, IconRoute } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, got, type Schemas } from "../api/client";
import { type Period, useLinkTo, useParam, useParams, usePeriod } from "../lib/address";
import { count, percent } from "../lib/format";
import { useMay } from "../lib/may";
import { Empty, Failure, PageTitle, Panel, Snippet, Waiting } from "../parts/parts";
import { Canaries } from "./routes/Canaries";
import { Compare } from "./routes/Compare";
import { Explain, type Explained } from "./routes/Explain";
import { Graph } from "./routes/Graph";
import { DeleteRoute, NewRoute } from "./routes/New";
import { RouteEditor } from "./routes/Editor";

export type Route = Schemas["Route"];
export type Traffic = Schemas["RouteTraffic"];

/** What a route carried, of the gateway and workspace that the address names. */
export function useTraffic(name: string, period: Period) {
  const [params] = useParams();
  const of = Object.fromEntries(["gateway", "workspace"].flatMap((k) => (params.get(k) ? [[k, params.get(k)!]] : [])));
  return useQuery({
    queryKey: ["traffic", name, of, period.custom ? [period.from, period.to] : period.range], enabled: name !== "", placeholderData: keepPreviousData, refetchInterval: period.custom ? false : 30_000,
    queryFn: () => {
      const to = period.custom ? period.to : new Date();
      const from = new Date(to.getTime() - (period.to.getTime() - period.from.getTime()));
      return got(api.GET("/api/v1/routes/{name}/traffic", { params: { path: { name }, query: { from: from.toISOString(), to: to.toISOString(), ...of } } }));
    },
  });
}

export default function Routes() {
  const may = useMay();
  const routes = useQuery({ queryKey: ["routes"], queryFn: () => got(api.GET("/api/v1/routes")) });
  const [chosen] = useParam("route");
  const [making, setMaking] = useParam("new");
  const all = routes.data?.data ?? [];
  const route = all.find((r) => r.name === chosen) ?? all[0];
  const create = may.admin && <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking("1")}>New route</Button>;
  return (
    <>
      <PageTitle title="Routes" says="Names that callers give as the model, and what each leads to.">{create || <Text size="sm" c="dimmed">System admins change routes.</Text>}</PageTitle>
      {routes.isError ? <Failure error={routes.error} retry={() => void routes.refetch()} /> : !routes.data ? <Waiting rows={4} height={90} /> : !route ? (
        <Empty icon={IconRoute} title="There are no routes yet">
          <Text ta="center" c="dimmed" mb="sm">A route is a name of your own: applications keep it, and what is behind it changes here. In <code>sluice.yaml</code>:</Text>
          <Snippet text={"routes:\n  support:\n    steps:\n      - { when: 'metadata.plan == \"free\"', use: sandbox/echo }\n      - use: sandbox/chat\n        fallback: [sandbox/reason]"} />
          <Group justify="center" mt="md">{create}</Group>
        </Empty>
      ) : (
        <div className="routes">
          <Names all={all} chosen={route.name} />
          <One key={route.name} of={route} all={all} />
        </div>
      )}
      {may.admin && <NewRoute opened={making === "1"} taken={all.map((r) => r.name)} onClose={() => setMaking("")} />}
    </>
  );
}

function Names({ all, chosen }: { all: Route[]; chosen: string }) {
  const link = useLinkTo();
  return (
    <Card withBorder padding={6} component="nav" aria-label="Routes" className="route-names">
      {all.map((r) => (
        <Anchor key={r.name} component={Link} to={link("/routes", { route: r.name })} underline="never" className="route-name" data-active={r.name === chosen || undefined} aria-current={r.name === chosen ? "true" : undefined}>
          <Text size="sm" fw={500} truncate>{r.name}</Text>
          <Text size="xs" c="dimmed" truncate>{r.steps.length === 1 ? "1 step" : `${r.steps.length} steps`} · {[...new Set(r.steps.map((s) => s.kind))].join(", ")}</Text>
        </Anchor>
      ))}
    </Card>
  );
}

function One({ of, all }: { of: Route; all: Route[] }) {
  const may = useMay();
  const period = usePeriod();
  const traffic = useTraffic(of.name, period);
  const [tab, setTab] = useParam("view");
  const [, set] = useParams();
  const [lit, setLit] = useState<Explained | null>(null);
  const [deleting, setDeleting] = useState(false);
  const t = traffic.data;
  const canary = of.steps.some((s) => s.kind === "canary");
  return (
    <Box miw={0}>
      <Panel title={of.name} says="Widths are shares of the calls of the chosen time. Dashed: what is tried when something fails. A dot tells how a target stands now."
        right={<Group gap="xs"><Text size="xs" c="dimmed" className="hide-small">{t ? `${count(t.calls)} calls${t.calls ? ` · ${percent(t.failed / t.calls)} failed` : ""}${t.cached ? ` · ${percent(t.cached / t.calls)} from the cache` : ""}` : ""}</Text>{may.admin && <Button size="compact-xs" variant="subtle" color="red" onClick={() => setDeleting(true)}>Delete…</Button>}</Group>}>
        {traffic.isError ? <Failure error={traffic.error} /> : !t ? <Waiting rows={1} height={260} /> : <Graph route={of} traffic={t} lit={lit} />}
        {t?.warning && <Text size="xs" c="dimmed" mt="xs">{t.warning}</Text>}
        {t && t.calls === 0 && <Text size="xs" c="dimmed" mt="xs">Nobody called it in this time: the widths are alike.</Text>}
      </Panel>
      <Tabs value={tab || "explain"} onChange={(v) => { set({ view: v === "explain" ? "" : (v ?? "") }); setLit(null); }} mt="md" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="explain">Explain a call</Tabs.Tab>
          {may.admin && <Tabs.Tab value="edit">Edit</Tabs.Tab>}
          {may.admin && canary && <Tabs.Tab value="canary">Canary</Tabs.Tab>}
          <Tabs.Tab value="compare">Compare</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="explain"><Explain route={of.name} explained={lit} show={setLit} /></Tabs.Panel>
        {may.admin && <Tabs.Panel value="edit"><RouteEditor name={of.name} done={() => setTab("")} /></Tabs.Panel>}
        {may.admin && <Tabs.Panel value="canary"><Canaries route={of.name} /></Tabs.Panel>}
        <Tabs.Panel value="compare"><Compare route={of} traffic={t} /></Tabs.Panel>
      </Tabs>
      {may.admin && <DeleteRoute of={deleting ? of : null} all={all} calls={t?.calls} onClose={() => setDeleting(false)} />}
    </Box>
  );
}
