import { ActionIcon, Box, Button, Card, Drawer, Group, Menu, Modal, SimpleGrid, Stack, Tabs, Text, TextInput, Title } from "@mantine/core";
import { IconDots, IconPlugConnected, IconPlus, IconServer2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAuth } from "../api/session";
import { useAct } from "../lib/act";
import { totalOf, useAnalytics } from "../lib/analytics";
import { useParam, useLastHour, useParams } from "../lib/address";
import { meaning } from "../lib/color";
import { count, ms, percent, usd } from "../lib/format";
import { tryProvider, type What } from "../lib/provider";
import { Empty, Failure, Figure, Goto, Info, PageTitle, Tag, Time, Waiting } from "../parts/parts";
import { Tested } from "../parts/Tested";
import { Add } from "./providers/Add";
import { Credentials } from "./providers/Credentials";
import { Models } from "./providers/Models";
import { Targets } from "./providers/Targets";

type Drain = Schemas["Drain"];
export type Drained = { provider: string; model?: string; credential?: string };

export default function Providers() {
  const { who } = useAuth();
  const admin = who?.admin === true;
  const [adding, setAdding] = useParam("new");
  const [search, setSearch] = useParam("q");
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => got(api.GET("/api/v1/providers")) });
  const health = useQuery({ queryKey: ["health"], queryFn: () => got(api.GET("/api/v1/health")), refetchInterval: 5000, enabled: admin });
  const drains = useQuery({ queryKey: ["drains"], queryFn: () => got(api.GET("/api/v1/drains")), enabled: admin });
  const figures = useAnalytics(useLastHour(), {}, true, { metric: "requests,error_rate,latency_p95_ms,cost_usd", by: "provider", top: "100" });
  const byName = useMemo(() => new Map(figures.data?.series.map((s) => [s.by.provider ?? "", s])), [figures.data]);
  const [draining, setDraining] = useState<Drained | null>(null);
  const [testing, setTesting] = useState<What | null>(null);
  const back = useAct((d: Drained) => got(api.DELETE("/api/v1/drains", { params: { query: { provider: d.provider, model: d.model || undefined, credential: d.credential || undefined } } })), ["drains", "health"], () => "Back in use.");
  const targets = health.data?.targets ?? [];
  const sick = targets.filter((t) => t.level !== "healthy");
  const all = providers.data?.data ?? [];
  const shown = all.filter((p) => !search || `${p.name} ${p.kind} ${p.title}`.toLowerCase().includes(search.toLowerCase()));

  return (
    <>
      <PageTitle title="Providers" says="Who answers, how well and at what price, with which credentials, and what is out of use. Figures are of the last hour.">
        {admin && <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding("1")}>Add a provider</Button>}
      </PageTitle>
      {providers.isError ? <Failure error={providers.error} retry={() => void providers.refetch()} /> : !providers.data ? <Waiting rows={3} height={140} /> : all.length === 0 ? (
        <Empty icon={IconServer2} title="No provider yet"><Group justify="center"><Button onClick={() => setAdding("1")}>Add the first one</Button></Group></Empty>
      ) : (
        <Stack gap="md">
          {admin && (
            <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
              <Figure label="Providers" value={count(all.length)} note={`${count(all.reduce((s, p) => s + p.models, 0))} models known`} says="Providers of the configuration in force, and those whose environment variable is set." />
              <Figure label="Targets called lately" value={count(targets.length)} note={targets.length ? `${targets.length - sick.length} healthy` : "none yet"} says="A target is a model of a provider with one credential. Health is known of those that were called lately, on this node." />
              <Figure label="In trouble" value={count(sick.length)} note={sick.length ? "see below" : "all well"} tone={sick.length ? "red" : undefined} says="Targets that rest after failures, may be tried again, or were taken out of use." />
              <Figure label="In flight" value={count(health.data?.in_flight)} note="calls being served now" says="Calls that this node is serving at the moment." />
            </SimpleGrid>
          )}
          {all.length > 4 && <TextInput data-search maw={360} placeholder="Name or vendor  ( / )" aria-label="Search providers" value={search} onChange={(e) => setSearch(e.currentTarget.value)} />}
          {shown.map((p) => (
            <One key={p.name} provider={p} admin={admin} figures={byName.get(p.name)} drains={drains.data?.data.filter((d) => d.provider === p.name) ?? []} drain={setDraining} back={(d) => back.mutate(d)} test={setTesting}>
              <Targets provider={p.name} targets={targets.filter((t) => t.provider === p.name)} admin={admin} drain={setDraining} test={setTesting} />
            </One>
          ))}
        </Stack>
      )}
      <DrainForm what={draining} onClose={() => setDraining(null)} />
      <Test what={testing} onClose={() => setTesting(null)} />
      <Drawer opened={adding !== "" && admin} onClose={() => setAdding("")} position="right" size="min(620px, 100vw)" title="Add a provider" closeButtonProps={{ "aria-label": "Close" }}>
        {adding && <Add taken={all.map((p) => p.name)} close={() => setAdding("")} />}
      </Drawer>
    </>
  );
}

type OneProps = { provider: Schemas["Provider"]; admin: boolean; figures?: Parameters<typeof totalOf>[0]; drains: Drain[]; drain: (w: Drained) => void; back: (w: Drained) => void; test: (w: What) => void; children: React.ReactNode };

function One({ provider: p, admin, figures, drains, drain, back, test, children }: OneProps) {
  const whole = drains.find((d) => !d.model && !d.credential);
  const [params, set] = useParams();
  const mine = params.get("open") === p.name;
  const value = (m: string) => (figures ? totalOf(figures, m) : null);
  const errors = value("error_rate");
  return (
    <Card withBorder padding="md" component="section" aria-label={p.name}>
      <Group justify="space-between" mb="xs" align="flex-start">
        <Box>
          <Group gap="xs"><Title order={2} size="h4">{p.name}</Title>{p.title && p.title.toLowerCase() !== p.name && <Text c="dimmed" size="sm">{p.title}</Text>}{whole && <Tag>out of use</Tag>}</Group>
          <Text size="xs" c="dimmed">{[p.base_url, `speaks ${p.speaks.join(", ") || "no conversation"}`, `${p.retries.max} retries`].filter(Boolean).join(" · ")}</Text>
        </Box>
        <Group gap="xs">
          <Goto to="/logs" extra={{ provider: p.name }}>Calls</Goto>
          {admin && <Button size="xs" variant="default" leftSection={<IconPlugConnected size={15} />} onClick={() => test({ provider: p.name })}>Test</Button>}
          {admin && (whole ? <Button size="xs" variant="light" onClick={() => back(whole)}>Put back into use</Button> : (
            <Menu position="bottom-end" withArrow>
              <Menu.Target><ActionIcon variant="default" size={30} aria-label={`Actions for ${p.name}`}><IconDots size={16} /></ActionIcon></Menu.Target>
              <Menu.Dropdown><Menu.Item onClick={() => drain({ provider: p.name })}>Take out of use…</Menu.Item></Menu.Dropdown>
            </Menu>
          ))}
        </Group>
      </Group>
      <Box className="six" mb="xs">
        {([["Requests", figures ? count(value("requests") ?? 0) : "0", "Calls of the last hour that it served or failed."], ["Errors", percent(errors), "Share of them that failed.", errors && errors > 0.05 ? "red" : undefined], ["p95", ms(value("latency_p95_ms")), "95 of 100 calls took less."], ["Spend", usd(value("cost_usd")), "By the catalogue's prices, or yours."], ["Models known", count(p.models), "Others can be called, too."], ["Credentials", count(p.credentials.length), "Keys that its calls are spread over."]] as [string, string, string, string?][]).map(([name, text, says, tone]) => <Box key={name}><Group gap={2} wrap="nowrap"><Text size="xs" c="dimmed">{name}</Text><Info text={says} /></Group><Text fw={600} c={tone}>{text}</Text></Box>)}
      </Box>
      {drains.map((d) => (
        <Group key={`${d.model}/${d.credential}`} gap="xs" mb="xs">
          <span className="dot" style={{ background: meaning.left }} /><Text size="sm"><b>{d.model || d.credential || "All of it"}</b> was taken out of use by {d.by}, <Time value={d.time} />{d.reason && `: ${d.reason}`}</Text>
          {(d.model || d.credential) && <Button size="compact-xs" variant="light" onClick={() => back(d)}>Put back</Button>}
        </Group>
      ))}
      <Tabs value={(mine && params.get("tab")) || "health"} onChange={(v) => set({ open: p.name, tab: v ?? "" })} keepMounted={false}>
        <Tabs.List mb="xs"><Tabs.Tab value="health">Health</Tabs.Tab><Tabs.Tab value="models">Models</Tabs.Tab><Tabs.Tab value="credentials">Credentials</Tabs.Tab></Tabs.List>
        <Tabs.Panel value="health">{children}</Tabs.Panel>
        <Tabs.Panel value="models"><Models provider={p.name} /></Tabs.Panel>
        <Tabs.Panel value="credentials"><Credentials provider={p} admin={admin} drain={drain} test={test} /></Tabs.Panel>
      </Tabs>
    </Card>
  );
}

/** Test makes the small call as soon as it is opened, and again on demand. */
function Test({ what, onClose }: { what: What | null; onClose: () => void }) {
  return (
    <Modal opened={!!what} onClose={onClose} title={`Test of ${what?.provider ?? ""}`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      {what && <Running key={JSON.stringify(what)} what={what} />}
    </Modal>
  );
}

function Running({ what }: { what: What }) {
  const [model, setModel] = useState(what.model ?? "");
  const [asked, setAsked] = useState(model);
  const trial = useQuery({ queryKey: ["trial", what, asked], queryFn: () => tryProvider({ ...what, model: asked }), retry: false, gcTime: 0, staleTime: Infinity, refetchOnWindowFocus: false });
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">One small call, bounded to 20 seconds. It leaves no entry in the log and does not touch the health of targets.</Text>
      <Box mih={92} aria-live="polite">{trial.isFetching ? <Waiting rows={2} height={36} /> : trial.isError ? <Failure error={trial.error} /> : trial.data && <Tested trial={trial.data} />}</Box>
      <form onSubmit={(e) => { e.preventDefault(); if (asked === model.trim()) void trial.refetch(); else setAsked(model.trim()); }}>
        <Group gap="xs" align="flex-end"><TextInput className="grow" size="xs" label="Model" description="Asked for one token; its list of models is read unless given." value={model} onChange={(e) => setModel(e.currentTarget.value)} list="tested-models" /><Button size="xs" type="submit" loading={trial.isFetching}>Test again</Button></Group>
        <datalist id="tested-models">{trial.data?.models.slice(0, 200).map((m) => <option key={m} value={m} />)}</datalist>
      </form>
    </Stack>
  );
}

function DrainForm({ what, onClose }: { what: Drained | null; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const act = useAct((w: Drained) => got(api.PUT("/api/v1/drains", { body: { ...w, reason } })), ["drains", "health"], () => "Out of use. Calls in flight go on.");
  const name = what ? [what.provider, what.model, what.credential && `credential ${what.credential}`].filter(Boolean).join("/") : "";
  return (
    <Modal opened={!!what} onClose={onClose} title={`Take ${name} out of use`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); if (what) act.mutate(what, { onSuccess: () => { setReason(""); onClose(); } }); }}>
        <Stack>
          <Text size="sm">New calls go to {what?.credential ? "other credentials of the provider, and fail where there are none" : "other targets of their route, and fail where there are none"}. Calls in flight go on. It stays so until somebody puts it back.</Text>
          <TextInput label="Reason" description="For the others, beside your name." value={reason} onChange={(e) => setReason(e.currentTarget.value)} data-autofocus />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" color="red" loading={act.isPending}>Take out of use</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
