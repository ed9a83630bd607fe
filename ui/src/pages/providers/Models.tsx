// The models that a provider is known to have.
import { Box, Button, Chip, Group, Switch, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { count, exact, usd } from "../../lib/format";
import { Failure, Goto, Tag, Waiting } from "../../parts/parts";

/** Dollars for a million tokens of a kind, null when they are not known. */
const rate = (m: Schemas["Model"], kind: string): number | null => m.price?.rates[kind] ?? null;

type Can = Schemas["Model"]["abilities"];

/** What a model can beyond text, in words that are searched too. */
const abilitiesOf = (can: Can): string[] => (!can ? [] : [
  ...(can.tools ? ["tools"] : []), ...(can.reasoning ? ["reasoning"] : []), ...(can.input.includes("image") ? ["vision"] : []), ...can.input.filter((i) => i !== "text" && i !== "image").map((i) => `${i} in`), ...can.output.filter((o) => o !== "text").map((o) => `${o} out`),
]);

const known = ["tools", "vision", "reasoning"];

export function Models({ provider }: { provider: string }) {
  const [search, setSearch] = useState("");
  const [unpriced, setUnpriced] = useState(false);
  const [needs, setNeeds] = useState<string[]>([]);
  const pages = useInfiniteQuery({
    queryKey: ["models", provider],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/models", { params: { query: { provider, limit: "200", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  if (pages.isError) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (!pages.data) return <Waiting rows={4} height={28} />;
  const all = pages.data.pages.flatMap((p) => p.data);
  const none = all.filter((m) => !m.price).length;
  const rows = all.filter((m) => (!unpriced || !m.price) && needs.every((n) => abilitiesOf(m.abilities).includes(n)) && (!search || `${m.id} ${m.name ?? ""}`.toLowerCase().includes(search.toLowerCase())));
  if (all.length === 0) return <Text size="sm" c="dimmed" py="xs">No model of it is known here. Any can be called as <code>{provider}/model</code>; a test shows the list that the provider itself gives.</Text>;
  return (
    <>
      <Group gap="sm" mb="xs"><TextInput size="xs" aria-label={`Search models of ${provider}`} placeholder="Search models" value={search} onChange={(e) => setSearch(e.currentTarget.value)} maw={260} className="grow" /><Chip.Group multiple value={needs} onChange={setNeeds}><Group gap={4} role="group" aria-label="Models that can">{known.map((n) => <Chip key={n} size="xs" value={n} variant="light">{n}</Chip>)}</Group></Chip.Group>{none > 0 && <Switch size="xs" label={`without a price only (${none})`} checked={unpriced} onChange={(e) => setUnpriced(e.currentTarget.checked)} />}</Group>
      <Box className="scroll" mah={420}>
        <table className="rows tight" aria-label={`Models of ${provider}`}>
          <thead><tr><th scope="col">Model</th><th scope="col" title="By the catalogue; a dash = it does not know the model">Can</th><th scope="col" className="n">Context</th><th scope="col" className="n">Most output</th><th scope="col" className="n" title="Dollars for a million tokens">Input, 1 M</th><th scope="col" className="n" title="Dollars for a million tokens">Output, 1 M</th><th scope="col" className="n" title="Dollars for a million tokens that the vendor's own cache had">Cached, 1 M</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
          <tbody>
            {rows.map((m) => (
              <tr key={m.model}>
                <td><Group gap={6}><Text size="sm" component="span">{m.id}</Text>{m.deprecated && <Tag tone="warning">ends</Tag>}{!m.price && <Tag tone="warning">no price</Tag>}</Group>{m.name && m.name !== m.id && <Text size="xs" c="dimmed">{m.name}</Text>}</td>
                <td>{!m.abilities ? <Text size="sm" c="dimmed">–</Text> : abilitiesOf(m.abilities).length === 0 ? <Text size="xs" c="dimmed">text</Text> : <Group gap={4} maw={230}>{abilitiesOf(m.abilities).map((a) => <Tag key={a}>{a}</Tag>)}</Group>}</td>
                <td className="n" title={exact(m.context)}>{count(m.context)}</td><td className="n" title={exact(m.max_output)}>{count(m.max_output)}</td>
                <td className="n">{usd(rate(m, "input"))}</td><td className="n">{usd(rate(m, "output"))}</td><td className="n">{usd(rate(m, "cache_read"))}</td>
                <td className="n"><Goto to="/playground" extra={{ model: m.model }}>Ask</Goto></td>
              </tr>
            ))}
          </tbody>
        </table>
      </Box>
      {pages.hasNextPage && <Button mt="xs" size="xs" variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>More models</Button>}
      {none > 0 && <Text size="xs" c="dimmed" mt="xs">Calls of models without a price cost "unknown", and hard budgets refuse them unless told otherwise. Give one under <code>providers.{provider}.models</code>.</Text>}
    </>
  );
}
