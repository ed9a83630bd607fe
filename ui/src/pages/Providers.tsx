import { Box, Button, Card, Group, Modal, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconServer2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAuth } from "../api/session";
import { useAct } from "../lib/act";
import { meaning } from "../lib/color";
import { count, ms, percent } from "../lib/format";
import { Bar, Empty, Failure, Figure, Goto, PageTitle, Snippet, Tag, Time, Waiting } from "../parts/parts";

type Target = Schemas["TargetHealth"];
type Drain = Schemas["Drain"];
type What = { provider: string; model?: string; credential?: string };

const levels = {
  healthy: { color: meaning.healthy, says: "It answers." },
  probing: { color: meaning.limited, says: "It rested after failures; one call may try it now." },
  cooling: { color: meaning.failed, says: "It failed and rests: it is used only when nothing better is left." },
  drained: { color: meaning.left, says: "Somebody took it out of use." },
};

export default function Providers() {
  const { who } = useAuth();
  const admin = who?.admin === true;
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => got(api.GET("/api/v1/providers")) });
  const health = useQuery({ queryKey: ["health"], queryFn: () => got(api.GET("/api/v1/health")), refetchInterval: 5000, enabled: admin });
  const drains = useQuery({ queryKey: ["drains"], queryFn: () => got(api.GET("/api/v1/drains")), enabled: admin });
  const [draining, setDraining] = useState<What | null>(null);
  const back = useAct((d: What) => got(api.DELETE("/api/v1/drains", { params: { query: { provider: d.provider, model: d.model || undefined, credential: d.credential || undefined } } })), ["drains", "health"], () => "Back in use.");
  const targets = health.data?.targets ?? [];
  const sick = targets.filter((t) => t.level !== "healthy");

  return (
    <>
      <PageTitle title="Providers" says="Who answers, how well, and what is out of use." />
      {providers.isError ? <Failure error={providers.error} retry={() => void providers.refetch()} /> : !providers.data ? <Waiting rows={3} height={140} /> : providers.data.data.length === 0 ? (
        <Empty icon={IconServer2} title="No provider yet"><Text ta="center" c="dimmed" mb="sm">Name one in <code>sluice.yaml</code>, or start Sluice with a provider's usual environment variable set:</Text><Snippet text={"providers:\n  openai: { api_key: env:OPENAI_API_KEY }"} /></Empty>
      ) : (
        <Stack gap="md">
          {admin && (
            <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
              <Figure label="Providers" value={count(providers.data.data.length)} note={`${count(providers.data.data.reduce((s, p) => s + p.models, 0))} models known`} says="Providers of the configuration in force, and those whose environment variable is set." />
              <Figure label="Targets called lately" value={count(targets.length)} note={targets.length ? `${targets.length - sick.length} healthy` : "none yet"} says="A target is a model of a provider with one credential. Health is known of those that were called lately, on this node." />
              <Figure label="In trouble" value={count(sick.length)} note={sick.length ? "see below" : "all well"} tone={sick.length ? "red" : undefined} says="Targets that rest after failures, may be tried again, or were taken out of use." />
              <Figure label="In flight" value={count(health.data?.in_flight)} note="calls being served now" says="Calls that this node is serving at the moment." />
            </SimpleGrid>
          )}
          {providers.data.data.map((p) => <One key={p.name} provider={p} targets={targets.filter((t) => t.provider === p.name)} drains={drains.data?.data.filter((d) => d.provider === p.name) ?? []} admin={admin} drain={setDraining} back={(d) => back.mutate(d)} />)}
        </Stack>
      )}
      <DrainForm what={draining} onClose={() => setDraining(null)} />
    </>
  );
}

function One({ provider: p, targets, drains, admin, drain, back }: { provider: Schemas["Provider"]; targets: Target[]; drains: Drain[]; admin: boolean; drain: (w: What) => void; back: (w: What) => void }) {
  const whole = drains.find((d) => !d.model && !d.credential);
  return (
    <Card withBorder padding="md" component="section" aria-label={p.name}>
      <Group justify="space-between" mb="xs" align="flex-start">
        <Box>
          <Group gap="xs"><Title order={2} size="h4">{p.name}</Title>{p.title && p.title.toLowerCase() !== p.name && <Text c="dimmed" size="sm">{p.title}</Text>}{whole && <Tag>out of use</Tag>}</Group>
          <Text size="xs" c="dimmed">{[p.base_url, `${p.models} models`, `speaks ${p.speaks.join(", ")}`, `${p.retries.max} retries`].filter(Boolean).join(" · ")}</Text>
        </Box>
        <Group gap="xs">
          <Goto to="/logs" extra={{ provider: p.name }}>Calls</Goto>
          {admin && (whole ? <Button size="xs" variant="light" onClick={() => back(whole)}>Put back into use</Button> : <Button size="xs" variant="default" onClick={() => drain({ provider: p.name })}>Take out of use</Button>)}
        </Group>
      </Group>
      {drains.map((d) => (
        <Group key={`${d.model}/${d.credential}`} gap="xs" mb="xs">
          <Text size="sm"><b>{d.model || d.credential || "All of it"}</b> was taken out of use by {d.by}, <Time value={d.time} />{d.reason && `: ${d.reason}`}</Text>
          {(d.model || d.credential) && <Button size="compact-xs" variant="light" onClick={() => back(d)}>Put back</Button>}
        </Group>
      ))}
      {targets.length === 0 ? <Text size="sm" c="dimmed">{admin ? "Nothing was called lately on this node; health shows with the first call." : "How targets stand is shown to admins."}</Text> : (
        <Box className="scroll">
          <table className="rows" aria-label={`Health of ${p.name}`}>
            <thead><tr><th scope="col">Target</th><th scope="col">Health</th><th scope="col">Success</th><th scope="col" className="n">First content</th><th scope="col" className="n">p95</th><th scope="col" className="n">Tokens/s</th><th scope="col" className="n">In flight</th><th scope="col" className="n">Calls</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
            <tbody>
              {targets.map((t) => (
                <tr key={`${t.model}/${t.credential}`}>
                  <td>{t.model || <Text size="sm" c="dimmed" component="span">no model</Text>}{t.credential && <Text size="xs" c="dimmed">{t.credential}</Text>}</td>
                  <td><Group gap={6} wrap="nowrap" title={levels[t.level].says}><span className="dot" style={{ background: levels[t.level].color }} />{t.level}{t.why && <Text size="xs" c="dimmed">{t.why.replaceAll("_", " ")}{t.until && t.level === "cooling" && <>, tried again <Time value={t.until} /></>}</Text>}</Group></td>
                  <td><Group gap={8} wrap="nowrap"><Box w={80}><Bar share={t.success} color={t.success < 0.9 ? meaning.failed : meaning.healthy} label={`${percent(t.success)} of calls succeed`} /></Box>{percent(t.success)}</Group></td>
                  <td className="n">{ms(t.first_ms)}</td><td className="n">{ms(t.first_p95_ms)}</td><td className="n">{count(t.tokens_per_second)}</td><td className="n">{count(t.busy)}</td><td className="n">{count(t.calls)}</td>
                  <td className="n">{admin && t.model && t.level !== "drained" && <Button size="compact-xs" variant="subtle" onClick={() => drain({ provider: p.name, model: t.model })}>Drain</Button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Box>
      )}
    </Card>
  );
}

function DrainForm({ what, onClose }: { what: What | null; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const act = useAct((w: What) => got(api.PUT("/api/v1/drains", { body: { ...w, reason } })), ["drains", "health"], () => "Out of use. Calls in flight go on.");
  const name = what ? [what.provider, what.model].filter(Boolean).join("/") : "";
  return (
    <Modal opened={!!what} onClose={onClose} title={`Take ${name} out of use`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); if (what) act.mutate(what, { onSuccess: () => { setReason(""); onClose(); } }); }}>
        <Stack>
          <Text size="sm">New calls go to other targets of their route, and fail where there are none. Calls in flight go on. It stays so until somebody puts it back.</Text>
          <TextInput label="Reason" description="For the others, beside your name." value={reason} onChange={(e) => setReason(e.currentTarget.value)} data-autofocus />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" color="red" loading={act.isPending}>Take out of use</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
