import "../callers.css";
import { Stack, Text } from "@mantine/core";
import { IconCoins } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useParam } from "../lib/address";
import { ofGateway } from "../lib/rules";
import { count, usd } from "../lib/format";
import { Chip, Empty, Failure, Figure, Goto, PageTitle, Snippet, Waiting } from "../parts/parts";
import { BudgetCard } from "./budgets/BudgetCard";
import { type Raising, RaiseForm, Raises } from "./budgets/Raises";
import { shareOf } from "./limits/near";

type Rule = Schemas["LimitRule"];

const dollars = (rules: Rule[], f: (s: Schemas["LimitState"]) => number) => rules.reduce((sum, r) => sum + r.state.reduce((n, s) => n + f(s), 0), 0) / 1e9;

export default function Budgets() {
  const [keyID, setKey] = useParam("key_id");
  const budgets = useQuery({ queryKey: ["budgets", keyID], queryFn: () => got(api.GET("/api/v1/budgets", { params: { query: keyID ? { key_id: keyID } : {} } })), refetchInterval: 10_000, placeholderData: keepPreviousData });
  const [raising, setRaising] = useState<Raising | null>(null);
  const [gateway] = useParam("gateway");
  const all = (budgets.data?.data ?? []).filter(ofGateway(gateway));
  const states = all.flatMap((r) => r.state);
  const near = states.filter((s) => shareOf(s) >= 0.8 && shareOf(s) < 1).length;
  const spent = states.filter((s) => shareOf(s) >= 1).length;
  return (
    <>
      <PageTitle title="Budgets" says="Money for a calendar period: how it burns down, and where its past leads." />
      {budgets.isError ? <Failure error={budgets.error} retry={() => void budgets.refetch()} /> : !budgets.data ? <Waiting rows={2} height={280} /> : all.length === 0 ? (
        <Empty icon={IconCoins} title="There is no budget yet">
          <Text ta="center" c="dimmed" mb="sm">Budgets stand under a gateway in <code>sluice.yaml</code>, or on a single <Goto to="/keys">key</Goto>. A hard one is never overrun: what is in flight is held at its upper bound.</Text>
          <Snippet text={"gateways:\n  default:\n    budgets:\n      - { per: workspace, cost: 500.00/month, alert: [50, 80, 100] }"} />
        </Empty>
      ) : (
        <Stack gap="md">
          <div className="four">
            <Figure label="In force" value={count(all.length)} note={`${count(states.length)} ${states.length === 1 ? "counter" : "counters"} in use`} says="Budgets of gateways and, with a key chosen, of that key. Each counts separately for every value of what it is per." />
            <Figure label="Used in present periods" value={usd(dollars(all, (s) => s.used))} note={`of ${usd(dollars(all, (s) => s.max))}`} says="What all counters have used of their present periods, held money included. A call may count in several budgets." />
            <Figure label="Near the end" value={count(near)} tone={near ? "var(--tag-warning-ink)" : undefined} note="80 % or more of it used" says="Counters of which at least 80 % is used and something is left." />
            <Figure label="Spent" value={count(spent)} tone={spent ? "var(--mantine-color-red-text)" : undefined} note="refuse, unless they are soft" says="Counters of which nothing is left until the period ends or somebody raises the budget." />
          </div>
          {keyID && <div><Chip label={`key ${keyID}`} remove={() => setKey("")} /></div>}
          {all.map((r) => <BudgetCard key={r.id} of={r} raise={setRaising} />)}
          <Raises />
        </Stack>
      )}
      <RaiseForm raising={raising} onClose={() => setRaising(null)} />
    </>
  );
}
