// How far the canaries of a route have come, and how the new target does.
import { Box, Button, Card, Group, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { span } from "../../lib/format";
import { Failure, Tag, Time, type Tone, Waiting } from "../../parts/parts";
import { Named } from "../../parts/Named";
import { FiguresTable } from "./Figures";

type Canary = Schemas["Canary"];

const states: Record<Canary["state"], { says: string; tone: Tone }> = {
  waiting: { says: "waits for the store", tone: "plain" }, running: { says: "running", tone: "accent" }, held: { says: "held", tone: "warning" }, done: { says: "done: all calls go to the new one", tone: "accent" }, rolled_back: { says: "rolled back", tone: "error" },
};

export function Canaries({ route }: { route: string }) {
  const all = useQuery({ queryKey: ["canaries"], queryFn: () => got(api.GET("/api/v1/canaries")), refetchInterval: 10_000 });
  if (all.isError) return <Failure error={all.error} retry={() => void all.refetch()} />;
  if (!all.data) return <Waiting rows={2} height={120} />;
  return <Stack>{all.data.data.filter((c) => c.place.startsWith(`${route}/`)).map((c) => <One key={c.place} of={c} />)}</Stack>;
}

function One({ of: c }: { of: Canary }) {
  const [asking, setAsking] = useState<"" | "rollback" | "restart">("");
  const [reason, setReason] = useState("");
  const roll = useAct(() => got(api.POST("/api/v1/canaries/{place}/rollback", { params: { path: { place: c.place } }, body: { reason } })), ["canaries", "routes"], () => "All calls go to the old target again.");
  const restart = useAct(() => got(api.POST("/api/v1/canaries/{place}/restart", { params: { path: { place: c.place } } })), ["canaries", "routes"], () => "The canary begins anew.");
  const close = () => { setAsking(""); setReason(""); };
  return (
    <Card withBorder component="section" aria-label={c.place}>
      <Group justify="space-between" align="flex-start" mb="sm">
        <Box>
          <Group gap={8}><Text fw={600}>{c.from} → {c.to}</Text><Tag tone={states[c.state].tone}>{states[c.state].says}</Tag></Group>
          <Text size="xs" c="dimmed">{c.place} · {c.share} % of calls go to the new one{c.why && ` · ${c.why}`}{c.by && ` · by ${c.by}`}{c.changed && <> · changed <Time value={c.changed} /></>}{c.until && c.state === "running" && <> · this stage ends <Time value={c.until} /></>}</Text>
        </Box>
        <Group gap="xs"><Button size="xs" variant="default" onClick={() => setAsking("restart")}>Begin anew…</Button>{c.state !== "rolled_back" && <Button size="xs" variant="light" color="red" onClick={() => setAsking("rollback")}>Roll back…</Button>}</Group>
      </Group>
      <Group gap={4} mb="md" wrap="nowrap" aria-label="Stages">
        {c.stages.map((s, i) => {
          const now = i + 1 === c.stage && c.state !== "rolled_back";
          return <Tooltip key={i} label={`${s.share} % for ${span(s.for_s)}`} withArrow><Box className="stage" data-now={now || undefined} data-past={(i + 1 < c.stage && c.state !== "rolled_back") || undefined}>{s.share} %<span>{span(s.for_s)}</span></Box></Tooltip>;
        })}
        <Box className="stage" data-past={c.state === "done" || undefined}>100 %<span>from then on</span></Box>
      </Group>
      <FiguresTable a={c.from_figures} b={c.to_figures} nameA={c.from} nameB={c.to} />
      <Text size="xs" c="dimmed" mt="xs">Rolled back by itself when, by more than chance explains, {rules(c)}.</Text>
      <Named name={asking === "rollback" ? c.to : null} verb="Roll back" busy={roll.isPending} onClose={close} go={() => roll.mutate(undefined, { onSuccess: close })} loses={[`No call goes to ${c.to} any more, on any node, within a second.`, "It stays so until the canary begins anew or the route says something else."]}>
        <TextInput label="Reason" description="For those who look here later." value={reason} onChange={(e) => setReason(e.currentTarget.value)} mb="sm" />What happens:
      </Named>
      <Named name={asking === "restart" ? c.to : null} verb="Begin anew with" busy={restart.isPending} onClose={close} go={() => restart.mutate(undefined, { onSuccess: close })} loses={["How far it has come: the first stage begins now."]}>What is lost:</Named>
    </Card>
  );
}

function rules(c: Canary): string {
  const r = c.rollback;
  const all = [r.error_rate != null && r.error_rate > 0 && `more than ${r.error_rate * 100} % fail`, r.error_margin != null && r.error_margin > 0 && `${r.error_margin * 100} % more fail than of the old one`, r.latency != null && r.latency > 0 && `it takes ${r.latency} times as long`, r.cost != null && r.cost > 0 && `it costs ${r.cost} times as much`].filter(Boolean);
  return all.length ? all.join(", or ") : "no rule says so: nothing does";
}
