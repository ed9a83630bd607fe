// Budgets that somebody made larger for a while.
import { Box, Button, Card, Group, Modal, NumberInput, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../../api/client";
import { useAct } from "../../lib/act";
import { usd } from "../../lib/format";
import { useMay } from "../../lib/may";
import { useKeyNames } from "../../parts/names";
import { Info, Tag, Time } from "../../parts/parts";
import { useRuleNames } from "../../parts/ruleNames";
import { namesOf, type State } from "../limits/near";

export type Raising = { rule: string; state: State; name: string };

const lengths = [{ value: "1h", label: "One hour" }, { value: "1d", label: "One day" }, { value: "7d", label: "A week" }, { value: "30d", label: "30 days" }];

export function RaiseForm({ raising, onClose }: { raising: Raising | null; onClose: () => void }) {
  const [form, setForm] = useState<{ amount: number | string; until: string; reason: string }>({ amount: 10, until: "1d", reason: "" });
  const act = useAct((r: Raising) => got(api.POST("/api/v1/raises", { body: { rule: r.rule, counter: r.state.counter, ...(r.state.workspace ? { workspace: r.state.workspace } : {}), amount_usd: Number(form.amount), until: form.until, reason: form.reason } })), ["raises", "budgets"], () => "The budget is larger now.");
  return (
    <Modal opened={!!raising} onClose={onClose} title={`Raise the budget of ${raising?.name ?? ""}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); if (raising) act.mutate(raising, { onSuccess: onClose }); }}>
        <Stack>
          <Text size="sm" c="dimmed">It becomes larger at once, on every node, and smaller again by itself. {raising && `${usd(raising.state.used / 1e9)} of ${usd(raising.state.max / 1e9)} are used now.`}</Text>
          <NumberInput label="By how many dollars" prefix="$" min={0.01} decimalScale={2} value={form.amount} onChange={(amount) => setForm({ ...form, amount })} data-autofocus />
          <Select label="For how long" allowDeselect={false} data={lengths} value={form.until} onChange={(v) => setForm({ ...form, until: v ?? "1d" })} />
          <TextInput label="Reason" description="Everybody who may see the budget sees it." value={form.reason} onChange={(e) => setForm({ ...form, reason: e.currentTarget.value })} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" disabled={!(Number(form.amount) > 0)} loading={act.isPending}>Raise</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

export function Raises() {
  const may = useMay();
  const keyName = useKeyNames();
  const [which, setWhich] = useState("now");
  const raises = useQuery({ queryKey: ["raises"], queryFn: () => got(api.GET("/api/v1/raises", { params: { query: { limit: "100" } } })) });
  const end = useAct((id: string) => got(api.DELETE("/api/v1/raises/{id}", { params: { path: { id } } })), ["raises", "budgets"], () => "The raise has ended.");
  const all = raises.data?.data ?? [];
  const ruleName = useRuleNames(all.map((r) => r.rule));
  const running = (until: string) => new Date(until).getTime() > Date.now();
  const shown = all.filter((r) => which === "all" || running(r.until));
  return (
    <Card withBorder padding="md" component="section" aria-label="Raises">
      <Group justify="space-between" mb="xs">
        <Group gap={4}><Text fw={600}>Raises</Text><Info text="Budgets that somebody made larger until a time. Owners raise counters of their workspace, admins every one." /></Group>
        <SegmentedControl size="xs" aria-label="Which raises" value={which} onChange={setWhich} data={[{ value: "now", label: "In force" }, { value: "all", label: "Ended too" }]} />
      </Group>
      {shown.length === 0 ? <Text size="sm" c="dimmed">{raises.isError ? raises.error.message : which === "now" ? "No budget is raised now." : "No budget was ever raised."}</Text> : shown.map((r) => (
        <Group key={r.id} justify="space-between" className="section-line" py={6} wrap="nowrap">
          <Box miw={0}><Text size="sm" truncate><b>{usd(r.amount_usd)}</b> more for {r.values ? namesOf(r.values, keyName) : ruleName(r.rule)}{r.reason && `: ${r.reason}`}</Text><Text size="xs" c="dimmed">by {r.by}, <Time value={r.created} /></Text></Box>
          {running(r.until) ? <Group gap="xs" wrap="nowrap"><Text size="xs" c="dimmed" className="nowrap">ends <Time value={r.until} /></Text>{may.own(r.workspace || undefined) && <Button size="compact-xs" variant="default" loading={end.isPending && end.variables === r.id} onClick={() => end.mutate(r.id)}>End now</Button>}</Group> : <Tag>ended</Tag>}
        </Group>
      ))}
    </Card>
  );
}
