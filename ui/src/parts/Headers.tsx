// The headers of a call, as far as its entry tells them.
import { Code, Stack, Table, Text } from "@mantine/core";
import type { EntryDetail } from "../api/client";

type Header = [name: string, value: string | number | null | undefined];

/** What the caller said. */
function asked(e: EntryDetail): Header[] {
  return [
    ["content-type", e.bodies?.request?.content_type], ["content-length", e.bodies?.request?.size], ["user-agent", e.user_agent],
    ["traceparent", e.trace_id && e.parent_span_id ? `00-${e.trace_id}-${e.parent_span_id}-…` : e.trace_id], ["sluice-metadata", Object.keys(e.metadata).length ? JSON.stringify(e.metadata) : ""],
  ];
}

/** What each provider got, and what came back. */
function passed(e: EntryDetail): { name: string; sent: Header[]; back: Header[] }[] {
  return e.attempts.map((a, i) => {
    const kept = e.bodies?.attempts.find((b) => b.attempt === i);
    const same = (side: "request" | "answer") => kept?.[side] ?? (i === e.attempts.length - 1 ? e.bodies?.[side] : null);
    const [request, answer] = [same("request"), same("answer")];
    return {
      name: `${a.provider}/${a.model}`,
      sent: [["content-type", request?.content_type], ["content-length", request?.size], ["(credential)", a.credential && `${a.credential}, never shown`]],
      back: [["(status)", a.status || "no answer"], ["content-type", answer?.content_type], ["retry-after", a.retry_after_ms == null ? "" : `${a.retry_after_ms / 1000} s`]],
    };
  });
}

/** What the caller got from Sluice beside the answer. */
function told(e: EntryDetail): Header[] {
  return [
    ["(status)", e.status || "cut"], ["content-type", e.bodies?.answer?.content_type], ["sluice-request-id", e.id], ["sluice-gateway", e.gateway], ["sluice-provider", e.provider], ["sluice-model", e.model], ["sluice-route", e.route],
    ["sluice-attempts", e.attempts.length], ["sluice-cache", e.cache], ["age", e.cache_age_ms == null ? "" : Math.floor(e.cache_age_ms / 1000)], ["sluice-cost-usd", e.cost_usd], ["sluice-overhead-us", e.overhead_us],
    ["sluice-dropped-params", e.dropped_params.join(", ")], ["sluice-error", e.error_code],
  ];
}

function Lines({ title, of }: { title: string; of: Header[] }) {
  const known = of.filter(([, v]) => v !== "" && v != null);
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>{title}</Text>
      {known.length === 0 ? <Text size="sm" c="dimmed">Nothing is known.</Text> : (
        <Table aria-label={title}><Table.Tbody>{known.map(([k, v]) => <Table.Tr key={k}><Table.Th scope="row" w={190} fw={500} c="dimmed"><Code>{k}</Code></Table.Th><Table.Td className="said">{String(v)}</Table.Td></Table.Tr>)}</Table.Tbody></Table>
      )}
    </div>
  );
}

export function Headers({ entry: e }: { entry: EntryDetail }) {
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">Entries keep no headers as they were, since secrets stand in them. These are known from what was recorded; what names no header stands in parentheses.</Text>
      <Lines title="From the caller" of={asked(e)} />
      {passed(e).map((p, i) => <Stack key={i} gap="md"><Lines title={`To ${p.name}${e.attempts.length > 1 ? `, attempt ${i + 1}` : ""}`} of={p.sent} /><Lines title={`Back from ${p.name}`} of={p.back} /></Stack>)}
      <Lines title="To the caller" of={told(e)} />
    </Stack>
  );
}
