// What was raised, mutes in force, and where alerts go.
import { Box, Button, Card, Group, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, got } from "../../api/client";
import { useAct } from "../../lib/act";
import { useMay } from "../../lib/may";
import { Info, Tag, Time } from "../../parts/parts";
import { useRuleNames } from "../../parts/ruleNames";
import { type Alert, toneOf } from "./figure";
import { MuteMenu } from "./MuteMenu";

const refetchInterval = 15_000;

function State({ of: a }: { of: Alert }) {
  if (a.state === "resolved") return <Tag>resolved</Tag>;
  return <Tag tone={a.state ? toneOf(a.severity) : "warning"}>{a.state || `${a.threshold} %`}</Tag>;
}

/** The ids of the newest alert of each budget. Rules are muted where they are drawn. */
function newestOfBudgets(all: Alert[]): Set<string> {
  const seen = new Set<string>();
  return new Set(all.filter((a) => !a.state && !seen.has(a.rule) && seen.add(a.rule)).map((a) => a.id));
}

export function History() {
  const may = useMay();
  const alerts = useQuery({ queryKey: ["alerts", "history"], queryFn: () => got(api.GET("/api/v1/alerts/history", { params: { query: { limit: "50" } } })), refetchInterval });
  const all = alerts.data?.data ?? [];
  const muted = new Set(useMutes().data?.data.filter((m) => !m.value).map((m) => m.rule));
  const ruleName = useRuleNames(all.map((a) => a.rule));
  const budgets = newestOfBudgets(all.filter((a) => (a.rule.startsWith("key/") ? may.own(a.workspace) : may.admin) && !muted.has(a.rule)));
  return (
    <Card withBorder padding="md" component="section" aria-label="History">
      <Group gap={4} mb="xs"><Text fw={600}>History</Text><Info text="The newest 50 alerts of rules and budgets, and what became of their delivery." /></Group>
      {all.length === 0 ? <Text size="sm" c="dimmed">{alerts.isError ? alerts.error.message : "No alert was raised yet."}</Text> : all.map((a) => (
        <Group key={a.id} justify="space-between" className="section-line" py={6} gap="xs">
          <Group gap="xs" miw={0}><State of={a} /><Text size="sm" fw={600} title={a.rule}>{ruleName(a.rule).replace("alerts/", "")}</Text>{a.values && <Text size="sm" c="dimmed">{a.values}</Text>}</Group>
          <Group gap="xs"><Text size="xs" c="dimmed">{a.muted ? "muted" : a.delivered ? "delivered" : a.last_error || "on its way"}, <Time value={a.created} /></Text>
            {budgets.has(a.id) && <MuteMenu rule={a.rule} name={ruleName(a.rule)} />}</Group>
        </Group>
      ))}
    </Card>
  );
}

function useMutes() {
  return useQuery({ queryKey: ["alerts", "mutes"], queryFn: () => got(api.GET("/api/v1/alerts/mutes")), refetchInterval });
}

export function Mutes() {
  const may = useMay();
  const mutes = useMutes();
  const end = useAct((id: string) => got(api.DELETE("/api/v1/alerts/mutes/{id}", { params: { path: { id } } })), ["alerts"], () => "The mute has ended.");
  const all = mutes.data?.data ?? [];
  return (
    <Card withBorder padding="md" component="section" aria-label="Mutes">
      <Group gap={4} mb="xs"><Text fw={600}>Mutes</Text><Info text="Nobody is told of these rules and budgets until a time. What still fires then is told, and budgets whose period is not over." /></Group>
      {all.length === 0 ? <Text size="sm" c="dimmed">{mutes.isError ? mutes.error.message : "Nothing is muted."}</Text> : all.map((m) => (
        <Group key={m.id} justify="space-between" className="section-line" py={6} gap="xs">
          <Box miw={0}><Text size="sm"><b>{m.rule.replace("alerts/", "")}</b>{m.value && ` ${m.value}`}{m.reason && `: ${m.reason}`}</Text><Text size="xs" c="dimmed">by {m.by}, ends <Time value={m.until} /></Text></Box>
          {may.own(m.workspace || undefined) && <Button size="compact-xs" variant="default" loading={end.isPending && end.variables === m.id} onClick={() => end.mutate(m.id)}>End now</Button>}
        </Group>
      ))}
    </Card>
  );
}

export function Channels() {
  const channels = useQuery({ queryKey: ["alerts", "channels"], queryFn: () => got(api.GET("/api/v1/alerts/channels")) });
  const all = channels.data?.data ?? [];
  return (
    <Card withBorder padding="md" component="section" aria-label="Channels">
      <Group gap={4} mb="xs"><Text fw={600}>Channels</Text><Info text="Where alerts of rules go, as alerts.channels of the configuration says." /></Group>
      {all.length === 0 ? <Text size="sm" c="dimmed">{channels.isError ? channels.error.message : "There is none: alerts are shown here alone."}</Text> : all.map((c) => <Channel key={c.name} name={c.name} kind={c.kind} />)}
    </Card>
  );
}

function Channel({ name, kind }: { name: string; kind: string }) {
  const test = useMutation({ mutationFn: () => got(api.POST("/api/v1/alerts/channels/{name}/test", { params: { path: { name } } })) });
  const says = test.isError ? test.error.message : test.data ? (test.data.ok ? "It has taken the test." : `Not taken: ${test.data.error}`) : "";
  return (
    <Group justify="space-between" className="section-line" py={6} gap="xs">
      <Box miw={0}><Text size="sm"><b>{name}</b> <Text span c="dimmed" size="xs">{kind}</Text></Text>{says && <Text size="xs" role="status" c={test.data?.ok ? "dimmed" : "var(--mantine-color-red-text)"}>{says}</Text>}</Box>
      <Button size="compact-xs" variant="default" loading={test.isPending} onClick={() => test.mutate()} aria-label={`Send a test to ${name}`}>Test</Button>
    </Group>
  );
}
