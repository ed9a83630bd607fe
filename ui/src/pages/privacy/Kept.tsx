// What each gateway keeps of calls, what is taken out before, and shorter times of workspaces.
import { Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../../api/client";
import { bytes, count, percent, span } from "../../lib/format";
import { useMay } from "../../lib/may";
import { Failure, Figure, Goto, Tag, type Tone, Waiting } from "../../parts/parts";
import { InConfig } from "../settings/Facts";
import { hitsOf, newest, type Hits } from "./hits";
import { OverTime } from "./OverTime";
import { Redacted } from "./Redacted";
import { Retention } from "./Retention";

type Gateway = Schemas["Gateway"];

export function Kept() {
  const gateways = useQuery({ queryKey: ["gateways", "list"], queryFn: () => got(api.GET("/api/v1/gateways")) });
  const all = gateways.data?.data ?? [];
  const entries = useQueries({
    queries: all.map((g) => ({ queryKey: ["entries", "redacted", g.name], staleTime: 30_000, queryFn: () => got(api.GET("/api/v1/entries", { params: { query: { gateway: g.name, limit: String(newest) } } })) })),
  });
  if (gateways.isError) return <Failure error={gateways.error} retry={() => void gateways.refetch()} />;
  if (!gateways.data) return <Waiting rows={3} height={150} />;
  const hits = entries.map((e) => (e.data ? hitsOf(e.data.data) : undefined));
  return (
    <Stack gap="md">
      <Figures all={all} hits={hits} />
      <OverTime />
      {all.map((g, i) => <OfGateway key={g.name} of={g} hits={hits[i]} failed={entries[i]?.error ?? null} />)}
      <Retention />
    </Stack>
  );
}

function Figures({ all, hits }: { all: Gateway[]; hits: (Hits | undefined)[] }) {
  const full = all.filter((g) => g.log.bodies === "full");
  const forever = all.some((g) => g.log.retain_s === 0);
  const longest = Math.max(0, ...all.map((g) => g.log.retain_s));
  const known = hits.filter((h): h is Hits => !!h);
  const found = known.reduce((n, h) => n + h.found, 0);
  const calls = known.reduce((n, h) => n + h.calls, 0);
  const unruled = full.filter((g) => g.log.redact.length === 0).length;
  return (
    <div className="four">
      <Figure label="Keep bodies" value={`${full.length} of ${all.length}`} note={all.length === 1 ? "gateway" : "gateways"} says="Gateways that keep what was said: their log.bodies is full. Callers may ask for less where a gateway lets them, and a workspace may keep its calls for less time." />
      <Figure label="Kept for at most" value={forever ? "for ever" : span(longest)} tone={forever ? "var(--tag-warning-ink)" : undefined} note={forever ? "a gateway deletes nothing" : "then it is deleted"} says="The longest log.retain of all gateways. Sums of analytics and the ledger stay: they hold nothing of what was said." />
      <Figure label="Taken out" value={known.length === all.length ? count(found) : "–"} note={`in the newest ${count(calls)} calls`} says={`What redaction found in the newest ${newest} calls of each gateway, before anything of them was written. The metric sluice_redacted_total counts it for good.`} />
      <Figure label="Without rules" value={count(unruled)} tone={unruled ? "var(--tag-warning-ink)" : undefined} note={unruled ? "hide known secrets only" : "all have rules, or keep nothing"} says="Gateways that keep what was said and name no rule under log.redact. Credentials of providers and keys of the best-known services are taken out there, too." />
    </div>
  );
}

const tones: Record<string, Tone> = { none: "plain", metadata: "plain", full: "accent" };

/** What is kept, in a sentence. */
function keeps(l: Gateway["log"]): string {
  if (l.bodies === "none") return "The accounting of each call alone: which key, which model, tokens, cost, times. No metadata, and nothing of what was said.";
  if (l.bodies === "metadata") return "All but what was said: accounting, attempts, metadata, user and session.";
  const of = l.sample >= 1 ? "every call" : `${percent(l.sample)} of the calls${l.sample_errors ? ", and of every one that fails" : ""}`;
  return `What was said in ${of}, up to ${bytes(l.max_body)} of each body. Of all calls: accounting, attempts, metadata, user and session.`;
}

function OfGateway({ of: g, hits, failed }: { of: Gateway; hits: Hits | undefined; failed: Error | null }) {
  const may = useMay();
  const lowers = g.controls.includes("log");
  return (
    <Card withBorder padding="md" component="section" aria-label={`Gateway ${g.name}`}>
      <Group justify="space-between" gap="xs" mb={4}>
        <Group gap={8}><Title order={2} size="h5">{g.name}</Title><Tag tone={tones[g.log.bodies]}>{g.log.bodies}</Tag>{lowers && <Tag>callers may keep less</Tag>}{g.log.encrypt && g.log.bodies === "full" && <Tag tone="accent">under a key</Tag>}</Group>
        <Group gap="md"><Goto to="/logs" extra={{ gateway: g.name }}>Calls</Goto>{may.admin && <InConfig at={`gateways.${g.name}.log`} />}</Group>
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" verticalSpacing="md">
        <Stack gap={6}>
          <Text size="sm">{keeps(g.log)}</Text>
          <Text size="sm">{g.log.retain_s ? <>Deleted after <b>{span(g.log.retain_s)}</b>, or sooner where the workspace says so.</> : <><b>Never deleted</b>, unless a workspace has a time of its own.</>}</Text>
          {g.log.encrypt && g.log.bodies === "full" && <Text size="sm">What was said is written nowhere but under a key of the workspace, and cannot be searched for. Shredding the keys of a workspace, below, makes it unreadable for good.</Text>}
          {lowers && <Text size="sm" c="dimmed">With <code>sluice-log: none</code> a caller keeps what was said in one call out.</Text>}
        </Stack>
        <Redacted rules={g.log.redact} keeps={g.log.bodies !== "none"} hits={hits} failed={failed} />
      </SimpleGrid>
    </Card>
  );
}
