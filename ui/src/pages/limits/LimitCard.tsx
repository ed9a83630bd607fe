// One limit: every counter on a scale, the nearest by name, and whom it refused.
import { Box, Card, Group, SimpleGrid, Text } from "@mantine/core";
import { meaning } from "../../lib/color";
import { count, percent, span } from "../../lib/format";
import { amountOf, saysOver, saysRule, windowOf } from "../../lib/rules";
import { useKeyNames } from "../../parts/names";
import { Bar, Goto, Info, Tag, Time } from "../../parts/parts";
import { Spark } from "../../parts/Spark";
import type { LimitRule } from "../Limits";
import { type Blocks, namesOf, near, refusedBy, refusedOf, refusedSince, shareOf, type State, toneOf } from "./near";
import { Strip } from "./Strip";

const listed = 6;

export function LimitCard({ of, blocks }: { of: LimitRule; blocks?: Blocks }) {
  const keyName = useKeyNames();
  const states = [...of.state].sort((a, b) => shareOf(b) - shareOf(a));
  const n = near(of);
  const refused = blocks?.series.filter((s) => s.limit === of.id).sort((a, b) => b.total - a.total) ?? [];
  const sums = Array.from({ length: Math.ceil((blocks?.times.length ?? 0) / 3) }, (_, i) => refused.reduce((s, r) => s + [0, 1, 2].reduce((n, k) => n + (r.spans[i * 3 + k] ?? 0), 0), 0));
  const total = blocks ? refusedOf(blocks, of.id) : 0;
  return (
    <Card withBorder padding="md" component="section" aria-label={saysRule(of.rule)}>
      <Group justify="space-between" mb="sm" gap="xs" align="flex-start">
        <Box>
          <Group gap={8}><Text fw={600}>{saysRule(of.rule)}</Text>{n.full > 0 ? <Tag tone="error">{n.full} full</Tag> : n.near > 0 ? <Tag tone="warning">{n.near} near</Tag> : null}</Group>
          <Text size="xs" c="dimmed">{of.id}{of.rule.when ? ` · when ${of.rule.when}` : ""} · what is over it {saysOver(of.rule)}</Text>
        </Box>
        <Group gap="sm" wrap="nowrap">
          {total > 0 && <Goto to="/logs" extra={{ ...refusedBy(of.id), range: "24h" }}>{count(total)} refused</Goto>}
          <Spark values={sums} width={140} color={meaning.limited} label={total ? `${count(total)} calls refused in 24 hours, by quarters of an hour` : "No call was refused in 24 hours"} />
        </Group>
      </Group>
      {states.length === 0 ? <Text size="sm" c="dimmed">Nobody has used it lately: all of it is there.</Text> : (
        <>
          <Strip states={states} nameOf={(s) => namesOf(s.values, keyName)} says={(s) => `${amountOf(of.rule, s.used)} of ${amountOf(of.rule, s.max)} ${windowOf(of.rule.windows[s.window]!)}`} />
          <Box mt="sm">{states.slice(0, listed).map((s) => <Counter key={`${s.counter}/${s.window}`} of={of} state={s} name={namesOf(s.values, keyName)} />)}</Box>
          {states.length > listed && <Text size="xs" c="dimmed" mt={6}>and {count(states.length - listed)} more with more room; each is a dot above</Text>}
        </>
      )}
      {refused.length > 0 && blocks && (
        <Box mt="md">
          <Group gap={4} mb={6}><Text size="xs" fw={600}>Whom it refused, 24 hours</Text><Info text="Since: the first refusal after which there was no hour without one." /></Group>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs" verticalSpacing={4}>{refused.slice(0, listed).map((r) => <Refused key={r.key} of={r} times={blocks.times} name={r.key ? keyName(r.key) : "calls without a key"} limit={of.id} />)}</SimpleGrid>
        </Box>
      )}
    </Card>
  );
}

function Counter({ of, state: s, name }: { of: LimitRule; state: State; name: string }) {
  const share = shareOf(s);
  return (
    <Box className="counter">
      <Text size="sm" truncate title={s.values}>{name}</Text>
      <Bar share={share} color={toneOf(share)} label={`${percent(share)} used`} />
      <Text size="sm" ta="right" className="nowrap">{amountOf(of.rule, s.used)} of {amountOf(of.rule, s.max)}</Text>
      <Text size="xs" c="dimmed" className="nowrap">{windowOf(of.rule.windows[s.window]!)}{s.reset_s > 0 && ` · room in ${span(s.reset_s)}`}</Text>
      <Text size="xs" ta="right" c={share >= 1 ? "var(--mantine-color-red-text)" : "dimmed"}>{percent(share)}</Text>
    </Box>
  );
}

function Refused({ of, times, name, limit }: { of: Blocks["series"][number]; times: number[]; name: string; limit: string }) {
  const when = refusedSince(times, of.spans);
  return (
    <Group gap={8} wrap="nowrap" justify="space-between" data-limit={limit}>
      <Group gap={8} wrap="nowrap" miw={0}>{when?.now ? <Tag tone="error">blocked</Tag> : <Tag>was blocked</Tag>}<Text size="sm" truncate>{of.key ? <Goto to="/logs" extra={{ ...refusedBy(limit), key_id: of.key, range: "24h" }}>{name}</Goto> : name}</Text></Group>
      <Text size="xs" c="dimmed" className="nowrap">{count(of.total)} calls{when && <> · since <Time value={when.since} /></>}</Text>
    </Group>
  );
}
