// One model at work: what was said, what comes, and what it takes.
import { Alert, Autocomplete, Box, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconMessages, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, got } from "../../api/client";
import { answerOf, type Message, speed } from "../../lib/ask";
import { ofRequest } from "../../lib/conversation";
import { count, exact, ms, usd } from "../../lib/format";
import { useModels } from "../../parts/models";
import { Conversation } from "../../parts/Conversation";
import { Empty, Goto, Info, Tag } from "../../parts/parts";
import type { Side } from "../Playground";

export type Names = { all: string[]; groups: { group: string; items: string[] }[] };

/** What can be asked: routes by their names, models by provider. */
export function useModelNames(text = ""): Names {
  const routes = useQuery({ queryKey: ["routes"], queryFn: () => got(api.GET("/api/v1/routes")), staleTime: 60_000 });
  const models = useModels(text);
  return useMemo(() => {
    const groups = [{ group: "Routes", items: routes.data?.data.map((r) => r.name) ?? [] }];
    for (const m of models) {
      const there = groups.find((g) => g.group === m.provider);
      if (there) there.items.push(m.model);
      else groups.push({ group: m.provider, items: [m.model] });
    }
    return { groups: groups.filter((g) => g.items.length > 0), all: groups.flatMap((g) => g.items) };
  }, [routes.data, models]);
}

type Props = { label: string; model: string; setModel: (m: string) => void; side: Side; results: (m: Message[]) => void; again: () => void };

export function Pane({ label, model, setModel, side, results, again }: Props) {
  const [typed, setTyped] = useState(model.trim());
  useEffect(() => setTyped(model.trim()), [model]);
  const names = useModelNames(typed === model.trim() ? "" : typed);
  const { run, messages } = side;
  const before = useMemo(() => ofRequest(JSON.stringify({ messages })) ?? [], [messages]);
  const answer = run && (run.text || run.reasoning || run.calls.length) ? (ofRequest(JSON.stringify({ messages: [answerOf(run)] })) ?? []) : [];
  return (
    <Stack gap="sm" component="section" aria-label={label} className="pane">
      <Autocomplete size="sm" label={label} placeholder="provider/model, or a route" data={names.groups} limit={60} value={typed} onChange={setTyped} onOptionSubmit={setModel} onBlur={() => typed.trim() !== model.trim() && setModel(typed.trim())} onKeyDown={(e) => e.key === "Enter" && setModel(typed.trim())} comboboxProps={{ shadow: "md" }} maxDropdownHeight={320} />
      <Counters side={side} />
      {messages.length === 0 ? (
        <Empty icon={IconMessages} title="Nothing was said yet"><Text ta="center" size="sm" c="dimmed">Write a message and send it: the answer comes here word by word, with its time and cost.</Text></Empty>
      ) : (
        <Box aria-live="polite" aria-busy={undefined} data-testid="conversation"><Conversation messages={[...before, ...answer]} /></Box>
      )}
      {run?.state === "running" && answer.length === 0 && <Text size="sm" c="dimmed" role="status" className="thinking">Waiting for the first token…</Text>}
      {run?.state === "stopped" && <Text size="sm" c="dimmed">Stopped. What came until then counts.</Text>}
      {run?.state === "failed" && <Alert color="red" variant="light" title="That did not work"><Text size="sm" style={{ overflowWrap: "anywhere" }}>{run.error}</Text><Group mt="xs" gap="xs"><Button size="compact-xs" variant="default" leftSection={<IconRefresh size={13} />} onClick={again}>Try again</Button>{run.id && <Goto to="/logs" extra={{ call: run.id }}>Open the call</Goto>}</Group></Alert>}
      {run?.state === "done" && run.calls.length > 0 && <Results key={run.id} calls={run.calls} send={results} />}
    </Stack>
  );
}

function Counters({ side: { run } }: { side: Side }) {
  const rate = run ? speed(run) : null;
  const told = run?.usage.output != null;
  const figures: [string, string, string, string?][] = [
    ["First token", ms(run?.first), "From sending the call to the first piece of text, reasoning or a tool call, as this browser saw it."],
    ["Tokens/s", rate === null ? "–" : `${told ? "" : "≈ "}${count(Math.round(rate))}`, "Output tokens a second after the first one. While the answer comes, four characters are taken for a token (≈)."],
    ["Tokens", run ? `${count(run.usage.input)} → ${told ? count(run.usage.output) : run.text ? `≈ ${count(Math.ceil(run.text.length / 4))}` : "–"}` : "–", "Input → output, as the provider counted them; an estimate (≈) until it has.", run?.usage.reasoning ? `${exact(run.usage.reasoning)} of them reasoning` : undefined],
    ["Cost", usd(run?.cost), "What the log says this call cost; a dash means that the model has no price, or that it is not known yet."],
    ["Time", run ? ms(run.total) : "–", "From sending the call to the end of the answer."],
  ];
  return (
    <Box className="counters" data-testid="counters">
      {figures.map(([name, value, says, more]) => <Box key={name} title={more}><Group gap={2} wrap="nowrap"><Text size="xs" c="dimmed">{name}</Text><Info text={says} /></Group><Text fw={600} size="sm" truncate>{value}</Text></Box>)}
      <Box className="served">
        {run?.served && <Text size="xs" c="dimmed" truncate>by {run.served}</Text>}
        {run && run.cache && run.cache !== "off" && run.cache !== "miss" && <Tag tone="accent">cache {run.cache}</Tag>}
        {run && run.finish && run.finish !== "stop" && run.finish !== "tool_calls" && <Tag tone="warning">ended: {run.finish}</Tag>}
        {run?.id && run.state !== "running" && <Goto to="/logs" extra={{ call: run.id }}>Open the call</Goto>}
      </Box>
    </Box>
  );
}

/** What tools gave, which people write here in their place. */
function Results({ calls, send }: { calls: { id: string; function: { name: string; arguments: string } }[]; send: (m: Message[]) => void }) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  return (
    <Stack gap="xs" component="form" aria-label="Results of tools" onSubmit={(e) => { e.preventDefault(); send(calls.map((c) => ({ role: "tool", tool_call_id: c.id, content: texts[c.id] ?? "" }))); }}>
      {calls.map((c) => <Textarea key={c.id} size="xs" label={`Result of ${c.function.name}`} placeholder='{"ok": true}' autosize minRows={2} maxRows={10} value={texts[c.id] ?? ""} onChange={(e) => setTexts({ ...texts, [c.id]: e.currentTarget.value })} classNames={{ input: "typed" }} />)}
      <Group justify="flex-end"><Button size="xs" type="submit">{calls.length > 1 ? "Send the results" : "Send the result"}</Button></Group>
    </Stack>
  );
}
