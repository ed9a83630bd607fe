// One answer that is kept: what it holds, how old it is, which calls it served.
import { Box, Button, Code, Group, Table, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { api, APIError, type Entry, got, type Schemas } from "../../api/client";
import { useParam } from "../../lib/address";
import { ofAnswer } from "../../lib/conversation";
import { ago, at, bytes, count, ms, span, usd } from "../../lib/format";
import { Conversation } from "../../parts/Conversation";
import { Failure, Goto, Panel } from "../../parts/parts";
import { Wipe } from "./Wipe";

const form = /^[0-9a-f]{64}$/;
const served = ["hit", "stale", "coalesced", "semantic"];

export function Lookup() {
  const [key, setKey] = useParam("key");
  const [typed, setTyped] = useState(key);
  useEffect(() => setTyped(key), [key]);
  const found = useQuery({ queryKey: ["cached", key], queryFn: () => got(api.GET("/api/v1/cache/entries/{key}", { params: { path: { key } } })), enabled: form.test(key), retry: false });
  return (
    <Panel title="Look up an answer" says="By its key, 64 hexadecimal digits, as a call in the logs, the log of Sluice and the header of an answer tell it.">
      <form onSubmit={(e) => { e.preventDefault(); setKey(typed.trim()); }}><Group gap="xs" align="flex-end"><TextInput className="grow" size="xs" label="Key" placeholder="64 hexadecimal digits" value={typed} onChange={(e) => setTyped(e.currentTarget.value)} error={key && !form.test(key) ? "A key has 64 hexadecimal digits." : undefined} /><Button type="submit" size="xs" variant="default">Look up</Button></Group></form>
      <Box mt="sm">
        {found.isError ? <Gone error={found.error} answer={key} /> : found.data && <Answer key={key} of={found.data} />}
      </Box>
    </Panel>
  );
}

function Gone({ error, answer }: { error: Error; answer: string }) {
  if (!(error instanceof APIError) || error.status !== 404) return <Failure error={error} />;
  return <Text size="sm">No answer is kept under this key: its time is over, it made room, it was purged, or it was not worth keeping. <Goto to="/logs" extra={{ cache_key: answer, range: "24h" }}>Calls that name it</Goto></Text>;
}

function Answer({ of: c }: { of: Schemas["Cached"] }) {
  const [shown, show] = useState(false);
  const [wiping, wipe] = useState(false);
  const facts: [string, ReactNode][] = [
    ["Model", `${c.provider}/${c.model}`], ["Kept in", c.tier], ["Age", <span title={at(c.stored)}>{span(c.age_s)}, since {ago(c.stored)}</span>], ["Fresh until", `${at(c.fresh_until)}${c.fresh ? "" : " (over)"}`], ["Size", bytes(c.size)],
    ["Each hit saves", `${usd(c.cost_usd)} and ${ms(c.took_ms)}`], ["Hits", <Hits of={c} />], ["Tags", c.tags.join(", ") || "–"], ["Brought by", <Goto to="/logs" extra={{ call: c.entry }}>the call</Goto>],
  ];
  return (
    <>
      <Table aria-label="The answer"><Table.Tbody>{facts.map(([k, v]) => <Table.Tr key={k}><Table.Th c="dimmed" fw={500}>{k}</Table.Th><Table.Td>{v}</Table.Td></Table.Tr>)}</Table.Tbody></Table>
      <Group mt="sm" justify="space-between"><Button size="xs" variant="default" onClick={() => show(!shown)} aria-expanded={shown}>{shown ? "Hide what it holds" : "Show what it holds"}</Button><Button size="xs" color="red" variant="light" onClick={() => wipe(true)}>Purge this answer…</Button></Group>
      {shown && <Held answer={c.key} />}
      {wiping && <Wipe what={{ key: c.key }} onClose={() => wipe(false)} />}
    </>
  );
}

const page = 500;

/** The calls that the answer served since it is there, as far as one page of them reaches. */
function Hits({ of: c }: { of: Schemas["Cached"] }) {
  const calls = useQuery({ queryKey: ["cached", c.key, "calls", c.stored], queryFn: () => got(api.GET("/api/v1/entries", { params: { query: { cache_key: c.key, from: c.stored, limit: String(page) } } })), retry: false });
  if (!calls.data) return <>–</>;
  const hits = calls.data.data.filter((e): e is Entry => !!e && served.includes(e.cache)).reduce((n, e) => n + e.count, 0);
  return <>{calls.data.next && "at least "}{count(hits)} · <Goto to="/logs" extra={{ cache_key: c.key, from: c.stored, to: new Date().toISOString(), range: "" }}>its calls</Goto></>;
}

/** What the answer says, where the gateway records bodies. */
function Held({ answer }: { answer: string }) {
  const held = useQuery({ queryKey: ["cached", answer, "body"], queryFn: () => got(api.GET("/api/v1/cache/entries/{key}", { params: { path: { key: answer }, query: { body: "true" } } })), retry: false });
  if (held.isError) return <Failure error={held.error} />;
  const body = held.data?.body;
  if (!held.data) return null;
  if (!body) return <Text size="sm" mt="sm" c="dimmed">It is not shown: {held.data.body_note}.</Text>;
  const said = body.encoding === "text" ? ofAnswer(body.content) : null;
  return (
    <Box mt="sm" role="region" aria-label="What the answer holds">
      {said ? <Conversation messages={said} /> : <Code block className="pre" tabIndex={0}>{body.encoding === "text" ? body.content : `(${bytes(body.size)} that are no text)`}</Code>}
      {body.truncated && <Text size="xs" c="dimmed">Only the beginning is shown.</Text>}
    </Box>
  );
}
