// One export: how far it has come, what became of entries, and what can be done.
import { Alert, Box, Button, Card, Group, SimpleGrid, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconPlayerPause, IconPlayerPlay, IconSend } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { count, dateOf, exact, span } from "../../lib/format";
import { Info, Tag, Time, type Tone } from "../../parts/parts";
import { Spark } from "../../parts/Spark";
import { InConfig } from "../settings/Facts";
import { adviceOf } from "./advice";
import { Refused } from "./Refused";

export type Export = Schemas["Export"];

const tones: Record<Export["state"], Tone> = { running: "accent", failing: "error", paused: "warning", waiting: "plain", gone: "plain" };
const means: Record<Export["state"], string> = {
  running: "Entries go to the sink, or there are none to send.",
  failing: "The last try failed. It is tried again, after waits that grow up to five minutes, or as long as the sink asks for.",
  paused: "Nothing is sent, on no node, until it is resumed. Entries wait in the store as long as it keeps them.",
  waiting: "No node works for it yet.",
  gone: "It stands in no configuration that this node has. It keeps its place for a week, under the same name.",
};

/** What the sinks are called by those who make them. */
const sinks: Record<string, string> = { jsonl: "JSON lines", parquet: "Parquet", s3: "S3 storage", webhook: "Webhook", kafka: "Kafka", nats: "NATS JetStream", splunk: "Splunk", elasticsearch: "Elasticsearch", datadog: "Datadog", langfuse: "Langfuse" };

export function ExportCard({ of: x }: { of: Export }) {
  return (
    <Card withBorder padding="md" component="section" aria-label={`Export ${x.name}`}>
      <Group justify="space-between" gap="md" align="flex-start">
        <Box className="grow" flex="1 1 420px">
          <Group gap={8}><Title order={2} size="h5">{x.name}</Title><Tag tone={tones[x.state]}>{x.state}</Tag><Info text={means[x.state]} /></Group>
          <Text size="sm" c="dimmed" mt={2}>{carries(x)}{x.state !== "gone" && <>. <InConfig at={`exports.${x.name}`}>Configuration</InConfig></>}</Text>
        </Box>
        {x.state !== "gone" && <Actions of={x} />}
      </Group>
      {x.state === "failing" ? (
        <Alert mt="sm" color="red" variant="light" icon={<IconAlertTriangle size={18} color="var(--mantine-color-red-text)" />} title="The sink does not take entries">
          <Text size="sm" className="wrap">It said: {x.error}, <Time value={x.error_time} />.</Text>
          <Text size="sm" mt={4} className="wrap"><b>To mend it:</b> {adviceOf(x)}</Text>
        </Alert>
      ) : x.error && <Text size="sm" c="dimmed" mt="xs" className="wrap">The last try that failed, <Time value={x.error_time} />: {x.error}</Text>}
      {x.deleted > 0 && <Text size="sm" mt="xs" c="var(--mantine-color-red-text)">{count(x.deleted)} {x.deleted === 1 ? "entry was" : "entries were"} deleted before the sink took {x.deleted === 1 ? "it" : "them"}: the store keeps calls for less time than the sink was away.</Text>}
      <Figures of={x} />
      {x.set_aside > 0 && <Refused name={x.name} />}
    </Card>
  );
}

function carries(x: Export): string {
  const to = x.to && `To ${sinks[x.to] ?? x.to}: `;
  const what = [x.gateways.length > 0 ? `calls of ${x.gateways.join(", ")}` : "calls of all gateways", x.filter && "those that its filter lets through", x.bodies ? "with what was said" : "without what was said"].filter(Boolean).join(", ");
  const since = dateOf(x.since, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const all = `${to}${what}, from ${since} on${x.node ? `; the node ${x.node} works for it` : ""}${x.paused_by ? `; paused by ${x.paused_by}` : ""}`;
  return all[0]!.toUpperCase() + all.slice(1);
}

function Actions({ of: x }: { of: Export }) {
  const params = { params: { path: { name: x.name } } };
  const test = useMutation({ mutationFn: () => got(api.POST("/api/v1/exports/{name}/test", params)) });
  const pause = useAct(() => got(api.POST("/api/v1/exports/{name}/pause", params)), ["exports"], () => `${x.name} is paused. Entries wait in the store.`);
  const resume = useAct(() => got(api.POST("/api/v1/exports/{name}/resume", params)), ["exports"], () => `${x.name} goes on where it stood.`);
  return (
    <Box maw={420}>
      <Group gap="xs" justify="flex-end">
        <Button size="compact-sm" variant="default" leftSection={<IconSend size={14} />} loading={test.isPending} onClick={() => test.mutate()} aria-label={`Send a sample to ${x.name}`}>Send a sample</Button>
        {x.state === "paused"
          ? <Button size="compact-sm" leftSection={<IconPlayerPlay size={14} />} loading={resume.isPending} onClick={() => resume.mutate(undefined)} aria-label={`Resume ${x.name}`}>Resume</Button>
          : <Button size="compact-sm" variant="default" leftSection={<IconPlayerPause size={14} />} loading={pause.isPending} onClick={() => pause.mutate(undefined)} aria-label={`Pause ${x.name}`}>Pause</Button>}
      </Group>
      {(test.data || test.isError) && <Text size="sm" mt={6} ta="right" role="status" className="wrap" c={test.data?.ok ? "dimmed" : "var(--mantine-color-red-text)"}>{sampled(x, test.data, test.error)}</Text>}
    </Box>
  );
}

function sampled(x: Export, t: Schemas["ExportTest"] | undefined, error: Error | null): string {
  if (error) return error.message;
  return t?.ok ? `The sink has taken the sample ${t.sample}.` : `Not taken: ${t?.error}. ${adviceOf({ to: x.to, error: t?.error ?? "" })}`;
}

function Figures({ of: x }: { of: Export }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} mt="md" spacing="md" verticalSpacing="sm">
      <Fact label="Behind" says="Entries in the store that it has not passed. The bars show the last hour, as this node saw it; the last one is now." value={count(x.lag_entries)} title={exact(x.lag_entries)}>
        <Spark width={132} values={thin(x.past.map((p) => p.entries))} label="Entries behind, over the last hour" />
      </Fact>
      <Fact label="Oldest waits for" says="How long the oldest entry that it has not passed is in the store. The bars show the last hour." value={x.lag_entries > 0 ? span(x.lag_seconds) : "–"}>
        <Spark width={132} values={thin(x.past.map((p) => p.seconds))} label="Age of the oldest entry that waits, over the last hour" />
      </Fact>
      <Fact label="Sent" says="Entries that the sink has taken." value={count(x.sent)} title={exact(x.sent)}>{x.last_sent ? <>last <Time value={x.last_sent} /></> : "nothing yet"}</Fact>
      <Fact label="Failed tries" says="How often the sink did not take a batch. What failed is sent again: no entry is lost by it." value={count(x.failed)} title={exact(x.failed)}>{x.error_time ? <>last <Time value={x.error_time} /></> : "none"}</Fact>
      <Fact label="Set aside" says="Entries that the sink refused for good. They stay in the store; everything else went on." value={count(x.set_aside)} title={exact(x.set_aside)} loud={x.set_aside > 0}>refused for good</Fact>
      <Fact label="Left out" says="Entries that the filter or the choice of gateways leaves out." value={count(x.filtered)} title={exact(x.filtered)}>{x.filter || x.gateways.length > 0 ? "by its filter or gateways" : "it has no filter"}</Fact>
    </SimpleGrid>
  );
}

const bars = 44;

/** thin keeps the largest of each few values, so that bars can be seen; what was before the first is empty. */
function thin(all: number[]): (number | null)[] {
  const step = Math.max(1, Math.ceil(all.length / bars));
  const kept = Array.from({ length: Math.ceil(all.length / step) }, (_, i) => Math.max(...all.slice(i * step, (i + 1) * step)));
  return [...Array<null>(bars - kept.length).fill(null), ...kept];
}

function Fact({ label, value, says, title, loud, children }: { label: string; value: string; says: string; title?: string; loud?: boolean; children: ReactNode }) {
  return (
    <Box miw={0}>
      <Group gap={4} wrap="nowrap"><Text size="xs" c="dimmed">{label}</Text><Info text={says} /></Group>
      <Text fw={600} size="lg" title={title} c={loud ? "var(--tag-warning-ink)" : undefined}>{value}</Text>
      <Text size="xs" c="dimmed" component="div" mih={22}>{children}</Text>
    </Box>
  );
}
