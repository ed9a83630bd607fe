// The steps of a route as a form. What it has no field for stays in the YAML, and is named.
import { ActionIcon, Button, Card, Group, NumberInput, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { api, got } from "../../api/client";
import { change, listed, listOf, type Step, type Value } from "./text";
import { ModelSelect, ModelTags } from "../../parts/models";

const kinds = [{ value: "use", label: "one target" }, { value: "split", label: "split by share" }, { value: "balance", label: "balance" }, { value: "canary", label: "canary" }, { value: "terms", label: "no targets: terms for those below" }];
const balances = ["weighted", "round_robin", "least_busy", "lowest_latency", "cheapest", "value"];
const known = ["name", "when", "use", "split", "balance", "targets", "canary", "fallback"];

const kindOf = (s: Step) => (s.use != null ? "use" : s.split ? "split" : s.balance ? "balance" : s.canary ? "canary" : "terms");
const targetsOf = (s: Step) => (Array.isArray(s.targets) ? s.targets : Object.keys(s.targets ?? {}));

/** The step with another kind of choice, its targets taken along. */
function turned(s: Step, kind: string): Step {
  const { use, split, balance, targets, canary, ...rest } = s;
  void balance;
  void targets;
  const c = canary as { from?: string; to?: string } | undefined;
  const all = use ? [use] : split ? Object.keys(split) : targetsOf(s).length ? targetsOf(s) : ([c?.from, c?.to].filter(Boolean) as string[]);
  const [a = "", b = ""] = all;
  switch (kind) {
    case "use": return { ...rest, use: a };
    case "split": return { ...rest, split: Object.fromEntries((all.length ? all : [""]).map((t, i) => [t, i ? 10 : 90])) };
    case "balance": return { ...rest, balance: "lowest_latency", targets: all };
    case "canary": return { ...rest, canary: { from: a, to: b, stages: [{ share: 1, for: "1h" }, { share: 10, for: "1d" }], rollback: { error_margin: 0.02, latency: 1.5 } } };
  }
  return rest;
}

export function StepsForm({ value, text, onChange }: { value: Value; text: string; onChange: (text: string) => void }) {
  const routes = useQuery({ queryKey: ["routes"], queryFn: () => got(api.GET("/api/v1/routes")) });
  const names = routes.data?.data.map((r) => r.name) ?? [];
  const set = (path: (string | number)[], v: unknown) => onChange(change(text, path, v));
  const steps = value.steps;
  const swap = (i: number, j: number) => set(["steps"], steps.map((s, at) => (at === i ? steps[j] : at === j ? steps[i] : s)));
  const more = Object.keys(value).filter((k) => !["steps", "fallback", "sticky", "timeout"].includes(k));
  return (
    <Stack gap="sm">
      {steps.map((s, i) => <StepCard key={i} of={s} at={i} last={i === steps.length - 1} only={steps.length === 1} names={names} set={(field, v) => set(["steps", i, field], v)} turn={(kind) => set(["steps", i], turned(s, kind))} up={() => swap(i, i - 1)} down={() => swap(i, i + 1)} remove={() => set(["steps"], steps.filter((_, j) => j !== i))} />)}
      <Group><Button size="xs" variant="light" leftSection={<IconPlus size={14} />} onClick={() => set(["steps"], [...steps, { use: "" }])}>Add a step</Button></Group>
      <Text size="sm" fw={600} mt="xs">The whole route</Text>
      <ModelTags size="xs" label="Tried when all fails" description="In this order, where a step names nothing else." names={names} value={listOf(value.fallback)} onChange={(v) => set(["fallback"], listed(v))} />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput size="xs" label="Calls stay together by" placeholder="key, user, session, header.x" value={value.sticky ?? ""} onChange={(e) => set(["sticky"], e.currentTarget.value || undefined)} />
        <TextInput size="xs" label="Time of the whole call" placeholder="2m" value={value.timeout ?? ""} onChange={(e) => set(["timeout"], e.currentTarget.value || undefined)} />
      </SimpleGrid>
      {more.length > 0 && <Text size="xs" c="dimmed">In the YAML alone: {more.join(", ")}.</Text>}
    </Stack>
  );
}

type CardProps = { of: Step; at: number; last: boolean; only: boolean; names: string[]; set: (field: string, v: unknown) => void; turn: (kind: string) => void; up: () => void; down: () => void; remove: () => void };

function StepCard({ of: s, at, last, only, names, set, turn, up, down, remove }: CardProps) {
  const kind = kindOf(s);
  const more = Object.keys(s).filter((k) => !known.includes(k));
  return (
    <Card withBorder padding="sm" component="section" aria-label={`Step ${at + 1}`}>
      <Group gap="xs" mb="xs" wrap="nowrap">
        <Text size="sm" fw={600} className="nowrap">{at + 1}</Text>
        <TextInput size="xs" style={{ flex: 1, minWidth: 60 }} aria-label="Name of the step" placeholder="name" value={s.name ?? ""} onChange={(e) => set("name", e.currentTarget.value || undefined)} />
        <Select size="xs" w={140} style={{ flex: "none" }} aria-label="How it chooses" allowDeselect={false} data={kinds} value={kind} onChange={(v) => v && v !== kind && turn(v)} />
        <ActionIcon variant="subtle" color="gray" aria-label="Move up" disabled={at === 0} onClick={up}><IconArrowUp size={15} /></ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label="Move down" disabled={last} onClick={down}><IconArrowDown size={15} /></ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label="Remove the step" disabled={only} onClick={remove}><IconTrash size={15} /></ActionIcon>
      </Group>
      <Stack gap="xs">
        <TextInput size="xs" label="When" placeholder="always" classNames={{ input: "typed" }} value={s.when ?? ""} onChange={(e) => set("when", e.currentTarget.value || undefined)} />
        {kind === "use" && <ModelSelect size="xs" label="Target" names={names} value={s.use || null} onChange={(v) => set("use", v ?? "")} />}
        {kind === "split" && <Shares value={s.split ?? {}} names={names} onChange={(v) => set("split", v)} />}
        {kind === "balance" && <><Select size="xs" label="By" allowDeselect={false} data={balances} value={String(s.balance)} onChange={(v) => set("balance", v)} /><ModelTags size="xs" label="Targets" names={names} value={targetsOf(s)} onChange={(v) => set("targets", v)} /></>}
        {kind === "canary" && <Text size="xs" c="dimmed">Stages and rules stand in the YAML.</Text>}
        {kind !== "terms" && <ModelTags size="xs" label="Tried when that fails" names={names} value={listOf(s.fallback)} onChange={(v) => set("fallback", listed(v))} />}
        {more.length > 0 && <Text size="xs" c="dimmed">In the YAML alone: {more.join(", ")}.</Text>}
      </Stack>
    </Card>
  );
}

function Shares({ value, names, onChange }: { value: Record<string, number>; names: string[]; onChange: (v: Record<string, number>) => void }) {
  const rows = Object.entries(value);
  const put = (next: [string, number][]) => onChange(Object.fromEntries(next));
  const all = rows.reduce((s, [, w]) => s + Number(w), 0) || 1;
  return (
    <Stack gap={6}>
      {rows.map(([target, weight], i) => (
        <Group key={i} gap="xs" wrap="nowrap">
          <ModelSelect size="xs" className="grow" aria-label="Target" names={names} without={rows.map(([n]) => n).filter((n) => n !== target)} value={target || null} onChange={(v) => put(rows.map((r, at) => (at === i ? [v ?? "", r[1]] : r)))} />
          <NumberInput size="xs" w={84} aria-label="Weight" min={0} value={Number(weight)} onChange={(v) => put(rows.map((r, at) => (at === i ? [r[0], Number(v) || 0] : r)))} />
          <Text size="xs" c="dimmed" w={40} ta="right">{Math.round((Number(weight) / all) * 100)} %</Text>
          <ActionIcon variant="subtle" color="gray" aria-label="Remove the target" disabled={rows.length === 1} onClick={() => put(rows.filter((_, at) => at !== i))}><IconTrash size={15} /></ActionIcon>
        </Group>
      ))}
      <Group><Button size="compact-xs" variant="subtle" disabled={"" in value} onClick={() => put([...rows, ["", 10]])}>Add a target</Button></Group>
    </Stack>
  );
}
