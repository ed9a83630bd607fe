import { Box, Button, Card, Group, Modal, NumberInput, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconAdjustments } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAct } from "../lib/act";
import { meaning } from "../lib/color";
import { count, percent, span, usd } from "../lib/format";
import { useKeyNames } from "../parts/names";
import { Bar, Empty, Failure, Goto, Info, PageTitle, Snippet, Time, Waiting } from "../parts/parts";

type Rule = Schemas["LimitRule"];
type State = Schemas["LimitState"];
type Raising = { rule: string; state: State };

const money = (r: Rule) => r.rule.unit === "cost";
/** Money is counted in billionths of a dollar. */
const amount = (r: Rule, n: number) => (money(r) ? usd(n / 1e9) : count(n));

export default function Limits() {
  const limits = useQuery({ queryKey: ["limits"], queryFn: () => got(api.GET("/api/v1/limits")), refetchInterval: 5000 });
  const budgets = useQuery({ queryKey: ["budgets"], queryFn: () => got(api.GET("/api/v1/budgets")), refetchInterval: 5000 });
  const [raising, setRaising] = useState<Raising | null>(null);
  const failed = limits.error ?? budgets.error;
  const none = limits.data?.data.length === 0 && budgets.data?.data.length === 0;
  return (
    <>
      <PageTitle title="Limits & budgets" says="What callers may use, how much of it they have used, and when it comes back." />
      {failed ? <Failure error={failed} retry={() => { void limits.refetch(); void budgets.refetch(); }} /> : !limits.data || !budgets.data ? <Waiting rows={3} height={120} /> : none ? (
        <Empty icon={IconAdjustments} title="Nothing is limited yet">
          <Text ta="center" c="dimmed" mb="sm">Limits and budgets stand under a gateway in <code>sluice.yaml</code>, or on a single key:</Text>
          <Snippet text={"gateways:\n  default:\n    limits:\n      - { per: key, requests: 100/1m }\n    budgets:\n      - { per: workspace, cost: 500.00/month, alert: [50, 80, 100] }"} />
        </Empty>
      ) : (
        <Stack gap="lg">
          <Rules title="Budgets" says="Money for a calendar period. A hard budget is never overrun: what is in flight is held at its upper bound." rules={budgets.data.data} raise={setRaising} />
          <Rules title="Limits" says="How much in a sliding time. Used counts what is settled and what calls in flight hold." rules={limits.data.data} />
          <Raises />
        </Stack>
      )}
      <RaiseForm raising={raising} onClose={() => setRaising(null)} />
    </>
  );
}

function window(r: Rule, s: State): string {
  const w = r.rule.windows[s.window];
  if (!w) return "";
  return w.period ? `per ${w.period}${w.zone ? ` (${w.zone})` : ""}` : w.span ? `in ${span(w.span / 1e9)}` : "at once";
}

/** What a counter counts, with the names of keys and of what has none. */
const namesOf = (values: string, keyName: (id: string) => string) => values.replace(/key=(\S+)/, (_, id: string) => `key ${keyName(id)}`).replace(/(\w+)=(?=$|,)/g, "no $1").replaceAll("=", " ") || "all";

function Rules({ title, says, rules, raise }: { title: string; says: string; rules: Rule[]; raise?: (r: Raising) => void }) {
  const keyName = useKeyNames();
  if (rules.length === 0) return null;
  return (
    <section aria-label={title}>
      <Group gap={4} mb="xs"><Title order={2} size="h4">{title}</Title><Info text={says} /></Group>
      <Stack gap="sm">
        {rules.map((r) => (
          <Card withBorder padding="md" key={r.id}>
            <Group justify="space-between" mb="sm" gap="xs">
              <Box>
                <Text fw={600}>{r.rule.windows.map((w) => `${amount(r, w.max)} ${money(r) ? "" : r.rule.unit.replaceAll("_", " ")} ${w.period ? `per ${w.period}` : w.span ? `in ${span(w.span / 1e9)}` : "at once"}`).join(", ")}, per {r.rule.per.join(" and ")}</Text>
                <Text size="xs" c="dimmed">{r.owner}{r.rule.when ? ` · when ${r.rule.when}` : ""} · over it: {r.rule.over.reroute ? `reroute to ${r.rule.over.reroute}` : r.rule.over.do || "reject"}</Text>
              </Box>
              <Goto to="/logs" extra={{ error_code: money(r) ? "budget_exceeded" : "rate_limited" }}>Refused calls</Goto>
            </Group>
            {r.state.length === 0 ? <Text size="sm" c="dimmed">Nobody has used it lately.</Text> : (
              <Stack gap="xs">
                {[...r.state].sort((a, b) => b.used / b.max - a.used / a.max).slice(0, 10).map((s) => {
                  const share = s.max > 0 ? s.used / s.max : 0;
                  return (
                    <Box key={`${s.counter}/${s.window}`} className="counter">
                      <Text size="sm" truncate title={s.values}>{namesOf(s.values, keyName)}</Text>
                      <Bar share={share} color={share >= 1 ? meaning.failed : share >= 0.8 ? meaning.limited : undefined} label={`${percent(share)} used`} />
                      <Text size="sm" ta="right" className="nowrap">{amount(r, s.used)} of {amount(r, s.max)}</Text>
                      <Text size="xs" c="dimmed" className="nowrap">{window(r, s)}{s.reset_s > 0 && ` · room in ${span(s.reset_s)}`}{s.raised_usd > 0 && ` · raised by ${usd(s.raised_usd)}`}</Text>
                      {raise ? <Button size="compact-xs" variant="light" onClick={() => raise({ rule: r.id, state: s })}>Raise</Button> : <span />}
                    </Box>
                  );
                })}
                {r.state.length > 10 && <Text size="xs" c="dimmed">and {r.state.length - 10} more, all with more room</Text>}
              </Stack>
            )}
          </Card>
        ))}
      </Stack>
    </section>
  );
}

function Raises() {
  const raises = useQuery({ queryKey: ["raises"], queryFn: () => got(api.GET("/api/v1/raises", { params: { query: { limit: "20" } } })) });
  const end = useAct((id: string) => got(api.DELETE("/api/v1/raises/{id}", { params: { path: { id } } })), ["raises", "budgets"], () => "The raise has ended.");
  const now = raises.data?.data.filter((r) => new Date(r.until).getTime() > Date.now()) ?? [];
  if (now.length === 0) return null;
  return (
    <section aria-label="Raises">
      <Title order={2} size="h4" mb="xs">Raises</Title>
      <Card withBorder padding="md"><Stack gap="xs">{now.map((r) => <Group key={r.id} justify="space-between"><Text size="sm"><b>{usd(r.amount_usd)}</b> more for {r.values || r.rule}, by {r.by}{r.reason && `: ${r.reason}`}; ends <Time value={r.until} /></Text><Button size="compact-xs" variant="default" onClick={() => end.mutate(r.id)}>End now</Button></Group>)}</Stack></Card>
    </section>
  );
}

function RaiseForm({ raising, onClose }: { raising: Raising | null; onClose: () => void }) {
  const [form, setForm] = useState<{ amount: number | string; until: string; reason: string }>({ amount: 10, until: "1d", reason: "" });
  const act = useAct((r: Raising) => got(api.POST("/api/v1/raises", { body: { rule: r.rule, counter: r.state.counter, ...(r.state.workspace ? { workspace: r.state.workspace } : {}), amount_usd: Number(form.amount), until: form.until, reason: form.reason } })), ["raises", "budgets"], () => "The budget is larger now.");
  return (
    <Modal opened={!!raising} onClose={onClose} title={`Raise the budget of ${raising?.state.values || "all"}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); if (raising) act.mutate(raising, { onSuccess: onClose }); }}>
        <Stack>
          <NumberInput label="By how many dollars" prefix="$" min={0.01} decimalScale={2} value={form.amount} onChange={(amount) => setForm({ ...form, amount })} data-autofocus />
          <Select label="For how long" allowDeselect={false} data={[{ value: "1h", label: "One hour" }, { value: "1d", label: "One day" }, { value: "7d", label: "A week" }, { value: "30d", label: "30 days" }]} value={form.until} onChange={(v) => setForm({ ...form, until: v ?? "1d" })} />
          <TextInput label="Reason" value={form.reason} onChange={(e) => setForm({ ...form, reason: e.currentTarget.value })} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={act.isPending}>Raise</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
