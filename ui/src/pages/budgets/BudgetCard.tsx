// One budget: the counters nearest to their end in full, the others in a line.
import { Box, Button, Card, Group, Skeleton, Stack, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { pastOf } from "../../lib/ahead";
import { dateOf, ago, at, percent, usd } from "../../lib/format";
import { useMay } from "../../lib/may";
import { amountOf, saysRule, windowOf } from "../../lib/rules";
import { useKeyNames } from "../../parts/names";
import { Bar, Failure, Goto, Info, Tag } from "../../parts/parts";
import { namesOf, refusedBy, shareOf, type State, toneOf } from "../limits/near";
import { BurnChart } from "./BurnChart";
import { History } from "./History";
import type { Raising } from "./Raises";

type Burn = Schemas["Burn"];

const opened = 2; // from the start
const listed = 25;

export function BudgetCard({ of, raise }: { of: Schemas["LimitRule"]; raise: (r: Raising) => void }) {
  const states = [...of.state].sort((a, b) => shareOf(b) - shareOf(a));
  const [all, setAll] = useState(false);
  const alert = of.rule.alert ?? [];
  return (
    <Card withBorder padding="md" component="section" aria-label={saysRule(of.rule)}>
      <Group justify="space-between" gap="xs" align="flex-start" mb={states.length ? 4 : 0}>
        <Box>
          <Text fw={600}>{saysRule(of.rule)}</Text>
          <Text size="xs" c="dimmed">{of.id}{of.rule.when ? ` · when ${of.rule.when}` : ""} · {of.rule.soft ? "soft: counts and alerts, refuses nobody" : of.rule.fit ? "hard: answers are shortened to what is left" : "hard: what does not fit is refused"}{alert.length > 0 && ` · alerts at ${alert.join(", ")} %`}</Text>
        </Box>
        <Goto to="/logs" extra={{ ...refusedBy(of.id), range: "30d" }}>Refused calls</Goto>
      </Group>
      {states.length === 0 ? <Text size="sm" c="dimmed" mt="xs">Nothing was spent of it in the present period.</Text> : (
        <Stack gap={0}>
          {states.slice(0, all ? states.length : listed).map((s, i) => <Counter key={`${s.counter}/${s.window}`} of={of} state={s} raise={raise} start={i < opened} />)}
          {!all && states.length > listed && <Button mt="sm" size="xs" variant="default" onClick={() => setAll(true)}>Show {states.length - listed} more, all with more left</Button>}
        </Stack>
      )}
    </Card>
  );
}

function Counter({ of, state: s, raise, start }: { of: Schemas["LimitRule"]; state: State; raise: (r: Raising) => void; start: boolean }) {
  const keyName = useKeyNames();
  const may = useMay();
  const [open, setOpen] = useState(start);
  const share = shareOf(s);
  const name = namesOf(s.values, keyName);
  const raises = may.own(s.workspace || undefined) && (may.admin || s.workspace !== "");
  const Icon = open ? IconChevronDown : IconChevronRight;
  return (
    <Box className="section-line" py="sm" mt="xs" component="section" aria-label={name}>
      <Group wrap="nowrap" justify="space-between" gap="sm">
        <UnstyledButton onClick={() => setOpen(!open)} aria-expanded={open} className="grow">
          <Group gap={8}>
            <Group gap={8} wrap="nowrap" miw={0}><Icon size={16} style={{ flex: "none" }} /><Text size="sm" fw={500} truncate>{name}</Text></Group>
            {share >= 1 ? <Tag tone="error">spent</Tag> : share >= 0.8 ? <Tag tone="warning">near its end</Tag> : null}
            <Box w={120} className="hide-small"><Bar share={share} color={toneOf(share)} label={`${percent(share)} used`} /></Box>
            <Text size="sm" c="dimmed" className="nowrap">{amountOf(of.rule, s.used)} of {amountOf(of.rule, s.max)} {windowOf(of.rule.windows[s.window]!)}</Text>
          </Group>
        </UnstyledButton>
        {raises ? <Button size="compact-xs" variant="light" onClick={() => raise({ rule: of.id, state: s, name })}>Raise…</Button> : (
          <Tooltip label={s.workspace ? `Owners of the workspace ${s.workspace} and admins may raise it.` : "It belongs to no single workspace: only admins may raise it."} withArrow multiline maw={280}><Text size="xs" c="dimmed" tabIndex={0}>who may raise?</Text></Tooltip>
        )}
      </Group>
      {open && <Details of={of} state={s} />}
    </Box>
  );
}

function Details({ of, state }: { of: Schemas["LimitRule"]; state: State }) {
  const burn = useQuery({
    queryKey: ["budgets", "burn", of.id, state.counter], refetchInterval: 60_000, staleTime: 30_000, placeholderData: keepPreviousData,
    queryFn: () => got(api.GET("/api/v1/budgets/burn", { params: { query: { rule: of.id, counter: state.counter } } })),
  });
  if (burn.isError) return <Failure error={burn.error} />;
  if (!burn.data) return <Skeleton height={230} mt="sm" />;
  return (
    <div className="burning">
      <div>
        <Verdict of={burn.data} />
        <BurnChart of={burn.data} />
      </div>
      <History of={burn.data} />
    </div>
  );
}

const day = (t: string) => dateOf(t, { weekday: "short", day: "numeric", month: "short" });
const moment = (t: string) => `${day(t)}, ${dateOf(t, { hour: "2-digit", minute: "2-digit" })}`;

function Verdict({ of: b }: { of: Burn }) {
  const rate = b.per_day_usd;
  const past = b.used_usd >= b.max_usd;
  return (
    <Text size="sm" my={6} data-testid="verdict">
      {past ? <><b>It is spent.</b> {b.refuses ? "Calls are refused" : "Calls go on, since it is soft,"} until {moment(b.to)}.</>
        : b.forecast.basis ? <Foreseen of={b} />
          : b.ends ? <>At this rate it ends on <Tooltip label={at(b.ends)} withArrow><b>{moment(b.ends)}</b></Tooltip> ({ago(b.ends)}), before the period does on {moment(b.to)}.</>
            : rate == null ? <>Nothing was spent lately: <b>{usd(b.max_usd - b.used_usd)}</b> are left until {moment(b.to)}.</>
              : <>At this rate <b>{usd(b.at_end_usd)}</b> of {usd(b.max_usd)} will be spent when the period ends on {moment(b.to)}.</>}
      {rate != null && <Text span c="dimmed"> {usd(rate)} a day now.</Text>}
      {b.raised_usd > 0 && <Text span c="dimmed"> {usd(b.raised_usd)} of it are raises.</Text>}
      {!past && b.forecast.needs && <Text span c="dimmed"> A forecast needs {b.forecast.needs}.</Text>}
    </Text>
  );
}

/** What the past leads to expect, and how far that may be wrong. */
function Foreseen({ of: b }: { of: Burn }) {
  const f = b.forecast;
  const says = `By the rhythm${f.basis === "weeks" && f.cycles > 4 ? " and the trend" : ""} of ${pastOf(f)}. Of ten forecasts, eight should come out within their bounds, if things go on as they went.`;
  return (
    <>
      {f.ends ? <>It is expected to end on <Tooltip label={at(f.ends)} withArrow><b>{moment(f.ends)}</b></Tooltip> ({ago(f.ends)}), {f.latest ? <>between {day(f.earliest!)} and {day(f.latest)},</> : <>from {day(f.earliest!)} on at the earliest, perhaps not</>} before the period does on {moment(b.to)}.</>
        : <><b>{usd(f.at_end_usd)}</b> of {usd(b.max_usd)} are expected to be spent when the period ends on {moment(b.to)}, between {usd(f.low_usd)} and {usd(f.high_usd)}{f.earliest && <>; at worst it ends on <b>{day(f.earliest)}</b></>}.</>}
      <Info text={says} />
    </>
  );
}
