// One call, beside the list that it is from.
import { Box, Button, Code, CopyButton, Drawer, Group, Menu, SegmentedControl, Stack, Table, Tabs, Text, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconChevronDown, IconLink, IconMessageOff, IconCheck, IconRefresh, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Fragment, type ReactNode, useState } from "react";
import { api, type EntryDetail, got, type Schemas } from "../api/client";
import { whyNot } from "../lib/again";
import { curlOf } from "../lib/curl";
import { pythonOf, typescriptOf } from "../lib/snippets";
import { ofAnswer, ofRequest } from "../lib/conversation";
import { at, bytes, exact, ms, percent, took, usd } from "../lib/format";
import { Conversation } from "./Conversation";
import { Diff } from "./Diff";
import { Headers } from "./Headers";
import { Rating } from "./Rating";
import { Replay } from "./Replay";
import { Copy, Empty, Failure, Goto, Panel, StatusMark, Tag, Waiting } from "./parts";
import { useRuleNames } from "./ruleNames";
import { useDataPlane } from "./serve";
import { Waterfall } from "./Waterfall";

/** returnFocus: whether what had the focus before has it again after; false where the list cares for it. */
export function Call({ id, onClose, returnFocus = true }: { id: string; onClose: () => void; returnFocus?: boolean }) {
  const call = useQuery({ queryKey: ["entry", id], queryFn: () => got(api.GET("/api/v1/entries/{id}", { params: { path: { id } } })), enabled: id !== "", staleTime: 60_000 });
  return (
    <Drawer opened={id !== ""} onClose={onClose} returnFocus={returnFocus} position="right" size="min(860px, 100vw)" title={<Text fw={650} component="span">Call</Text>} closeButtonProps={{ "aria-label": "Close the call" }} overlayProps={{ backgroundOpacity: 0.25 }}>
      {call.isError ? <Failure error={call.error} /> : call.data ? <Told entry={call.data} /> : <Waiting rows={6} height={48} />}
    </Drawer>
  );
}

/** Which limits or budgets had no room, and whose they are. */
function useLimits(e: EntryDetail): string {
  const ruleName = useRuleNames(e.limits);
  const kind = e.error_code === "budget_exceeded" ? "budget" : "limit";
  return e.limits.map((l) => `the ${kind} “${ruleName(l, { gateway: e.gateway, key: e.key_id }).replace("key/", "")}” of ${l.startsWith("key/") ? "its key" : `the gateway ${e.gateway}`}`).join(" and ");
}

/** What happened, in words. */
function verdict(e: EntryDetail, limits: string): string {
  const served = e.provider ? `${e.provider}/${e.model}` : "";
  const failed = e.attempts.filter((a) => a.status >= 400 || a.fault).map((a) => `${a.provider}/${a.model} ${a.status ? `answered ${a.status}` : a.fault.replaceAll("_", " ")}`);
  const words: string[] = [];
  if (["hit", "stale", "coalesced", "semantic"].includes(e.cache)) words.push(`Answered from the cache (${e.cache})${e.saved_usd ? `, which saved ${usd(e.saved_usd)}` : ""}.`);
  else if (e.status < 400 && e.status > 0) words.push(`Served by ${served}${failed.length ? ` after ${failed.join(" and ")}` : ""}.`);
  else if (e.attempts.length === 0) words.push(`Refused before any provider was called: ${e.error_code.replaceAll("_", " ") || e.status}${limits && `, by ${limits}`}.`);
  else words.push(`Failed with ${e.error_code.replaceAll("_", " ") || e.status}: ${failed.join(", then ")}.`);
  words.push(`${ms(e.latency_ms)}${e.cost_usd != null ? `; ${usd(e.cost_usd)}` : ""}.`);
  if (e.usage.cache_read_tokens && e.usage.input_tokens) words.push(`${percent(e.usage.cache_read_tokens / e.usage.input_tokens)} of the input came from the provider's own cache.`);
  return words.join(" ");
}

function Told({ entry: e }: { entry: EntryDetail }) {
  const base = useDataPlane();
  const limits = useLimits(e);
  const [replaying, setReplaying] = useState(false);
  return (
    <Stack gap="md">
      <Box>
        <Group gap="xs" mb={6}>
          <StatusMark status={e.status} code={e.error_code} />
          {e.stream && <Tag>stream</Tag>}
          {e.cache && e.cache !== "off" && <Tag>cache {e.cache}</Tag>}
          {e.count > 1 && <Tag>{e.count} calls</Tag>}
          <Tooltip label={at(e.time)} withArrow><Text size="sm" c="dimmed">{at(e.time)}</Text></Tooltip>
        </Group>
        <Text fw={500} size="lg">{verdict(e, limits)}</Text>
        <Group gap={4} mt={4}><Code>{e.id}</Code><Copy text={e.id} label="Copy the request id" /></Group>
      </Box>
      <Group gap="xs" justify="space-between">
        <Group gap="xs">
          <CopyCode entry={e} base={base} />
          <Button size="xs" variant="default" leftSection={<IconRefresh size={15} />} onClick={() => setReplaying(true)}>Replay</Button>
          <CopyButton value={location.href}>{({ copied, copy }) => <Button size="xs" variant="default" leftSection={copied ? <IconCheck size={15} /> : <IconLink size={15} />} onClick={copy}>{copied ? "Copied" : "Copy link"}</Button>}</CopyButton>
        </Group>
        <Rating key={e.id} entry={e} />
      </Group>
      <Replay key={`replay ${e.id}`} entry={e} opened={replaying} onClose={() => setReplaying(false)} />
      <Panel title="Timeline" says="In the order in which it went: Sluice's own work, limits, queue and cache where they had to do with the call, then each attempt: connecting, waiting, receiving. The dotted line is the first content of the answer. Parts too short to be seen are drawn wider; the list below has the true figures."><Waterfall entry={e} /></Panel>
      <Tabs defaultValue="talk" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="talk">Conversation</Tabs.Tab>
          <Tabs.Tab value="raw">Raw</Tabs.Tab>
          <Tabs.Tab value="headers">Headers</Tabs.Tab>
          <Tabs.Tab value="usage">Usage & cost</Tabs.Tab>
          <Tabs.Tab value="facts">Details</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="talk"><Talk entry={e} /></Tabs.Panel>
        <Tabs.Panel value="raw"><Raw entry={e} /></Tabs.Panel>
        <Tabs.Panel value="headers"><Headers entry={e} /></Tabs.Panel>
        <Tabs.Panel value="usage"><UsageTable entry={e} /></Tabs.Panel>
        <Tabs.Panel value="facts"><Facts entry={e} /></Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** The call as code, in the reader's language. */
function CopyCode({ entry, base }: { entry: EntryDetail; base: string }) {
  const copy = (what: string, text: string) =>
    void navigator.clipboard.writeText(text).then(
      () => notifications.show({ message: `The call is copied as ${what}.`, color: "green", closeButtonProps: { "aria-label": "Close" } }),
      () => notifications.show({ message: "This browser does not let pages copy.", color: "red", closeButtonProps: { "aria-label": "Close" } }),
    );
  const why = whyNot(entry);
  if (why)
    return (
      <Tooltip label={why} multiline w={320} withArrow events={{ hover: true, focus: true, touch: true }}>
        <Button size="xs" variant="default" data-disabled aria-disabled onClick={(e) => e.preventDefault()} leftSection={<IconTerminal2 size={15} />} rightSection={<IconChevronDown size={14} />}>Copy as</Button>
      </Tooltip>
    );
  return (
    <Menu position="bottom-start" withArrow>
      <Menu.Target><Button size="xs" variant="default" leftSection={<IconTerminal2 size={15} />} rightSection={<IconChevronDown size={14} />}>Copy as</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => copy("curl", curlOf(entry, base))}>curl</Menu.Item>
        <Menu.Item onClick={() => copy("Python", pythonOf(entry, base))}>Python</Menu.Item>
        <Menu.Item onClick={() => copy("TypeScript", typescriptOf(entry, base))}>TypeScript</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function NoBodies() {
  return <Empty icon={IconMessageOff} title="What was said was not kept"><Text ta="center" c="dimmed" size="sm">This gateway records no bodies, or the caller asked for that. <code>log: {"{ bodies: full }"}</code> in the gateway's configuration keeps them.</Text></Empty>;
}

const lost: Record<string, [title: string, says: string]> = {
  erased: ["What was said can be read by nobody any more", "The key under which it was kept was destroyed. The call itself stays, with what it cost."],
  damaged: ["What was said does not open", "It was changed in the store, or moved there from another call, and is not shown for that reason."],
  locked: ["What was said cannot be opened now", "It is kept under a key that is not at hand: the store is away, or the gateway has another master key than the one it was sealed under."],
};

/** Says why there are no bodies, or why those that there are cannot be shown. */
function Unsaid({ state }: { state: string | undefined }) {
  const why = state ? lost[state] : undefined;
  return why ? <Empty icon={IconMessageOff} title={why[0]}><Text ta="center" c="dimmed" size="sm">{why[1]}</Text></Empty> : <NoBodies />;
}

function Talk({ entry }: { entry: EntryDetail }) {
  if (entry.bodies?.state !== "kept") return <Unsaid state={entry.bodies?.state} />;
  const { request, answer } = entry.bodies;
  const said = request?.encoding === "text" ? ofRequest(request.content) : null;
  const back = answer?.encoding === "text" ? ofAnswer(answer.content) : null;
  return (
    <Stack gap="sm">
      {said && <Conversation messages={said} />}
      {back && <Conversation messages={back} />}
      {(!said || !back) && <Text size="sm" c="dimmed">{!said && !back ? "This call is no conversation" : said ? "The answer is no conversation" : "The request is no conversation"}, or only a part of it was kept; see Raw.</Text>}
    </Stack>
  );
}

function Raw({ entry }: { entry: EntryDetail }) {
  const bodies = entry.bodies;
  const [chosen, choose] = useState("request");
  if (bodies?.state !== "kept") return <Unsaid state={bodies?.state} />;
  const sides: { value: string; label: string; body: Schemas["Body"] | null; note?: string }[] = [{ value: "request", label: "Caller's request", body: bodies.request }];
  for (const a of bodies.attempts) {
    const n = bodies.attempts.length > 1 ? ` ${a.attempt + 1}` : "";
    if (a.request || a.note) sides.push({ value: `q${a.attempt}`, label: `Sent to provider${n}`, body: a.request, note: a.note });
    if (a.answer) sides.push({ value: `a${a.attempt}`, label: `Provider's answer${n}`, body: a.answer });
  }
  sides.push({ value: "answer", label: "Answer to caller", body: bodies.answer });
  const last = bodies.attempts[bodies.attempts.length - 1];
  const diffs: Record<string, [Schemas["Body"], Schemas["Body"]]> = {};
  if (bodies.request && last?.request) diffs.asked = [bodies.request, last.request];
  if (bodies.answer && last?.answer) diffs.answered = [last.answer, bodies.answer];
  if (diffs.asked) sides.push({ value: "asked", label: "Diff of requests", body: null });
  if (diffs.answered) sides.push({ value: "answered", label: "Diff of answers", body: null });
  const side = sides.find((s) => s.value === chosen) ?? sides[0]!;
  const diff = diffs[side.value];
  return (
    <Stack gap="sm">
      <Box className="scroll"><SegmentedControl size="xs" data={sides.map(({ value, label }) => ({ value, label }))} value={side.value} onChange={choose} aria-label="Which side" /></Box>
      {diff ? <Diff before={shownAs(diff[0])} after={shownAs(diff[1])} label={side.label} /> : side.body ? <RawBody body={side.body} /> : <Text size="sm" c="dimmed">{side.note ?? "Nothing was kept of this side."}</Text>}
      {bodies.attempts.length === 0 && <Text size="xs" c="dimmed">The provider got and gave the same bytes as the caller.</Text>}
    </Stack>
  );
}

const shownAs = (body: Schemas["Body"]) => (body.encoding === "text" ? pretty(body.content) : `(${bytes(body.size)} that are no text)`);

function RawBody({ body }: { body: Schemas["Body"] }) {
  const shown = shownAs(body);
  return (
    <Box>
      <Group justify="space-between" mb={4}>
        <Text size="xs" c="dimmed">{body.content_type || "no content type"} · {bytes(body.size)}{body.truncated && " · only the beginning was kept"}</Text>
        <Copy text={body.content} label="Copy" />
      </Group>
      <Code block className="pre" tabIndex={0}>{shown}</Code>
    </Box>
  );
}

function pretty(s: string): string {
  try {
    return JSON.stringify(JSON.parse(s), null, 2);
  } catch {
    return s;
  }
}

/** What each price is of: tokens that are counted apart are not counted again in the whole. */
function priced(e: EntryDetail): { kind: string; n: number; rate: number; per: number; cost: number }[] {
  const u = e.usage;
  const rates = e.price?.rates ?? {};
  const apart = (of: string, n: number | null) => (rates[of] != null ? (n ?? 0) : 0);
  const n: Record<string, number> = {
    input: (u.input_tokens ?? 0) - apart("cache_read", u.cache_read_tokens) - apart("cache_write", u.cache_write_tokens) - apart("audio_input", u.audio_input_tokens),
    output: (u.output_tokens ?? 0) - apart("audio_output", u.audio_output_tokens) - apart("reasoning", u.reasoning_tokens),
    cache_read: u.cache_read_tokens ?? 0, cache_write: u.cache_write_tokens ?? 0, audio_input: u.audio_input_tokens ?? 0, audio_output: u.audio_output_tokens ?? 0, reasoning: u.reasoning_tokens ?? 0,
  };
  return Object.entries(rates).flatMap(([kind, rate]) => (n[kind] ? [{ kind, n: n[kind], rate, per: 1e6, cost: (n[kind] * rate) / 1e6 }] : []));
}

function UsageTable({ entry: e }: { entry: EntryDetail }) {
  const rows = Object.entries(e.usage).flatMap(([k, v]) => (typeof v === "number" ? [{ k, v }] : typeof v === "object" && v ? Object.entries(v).map(([u, n]) => ({ k: u, v: n })) : []));
  const lines = priced(e);
  const rest = e.cost_usd == null ? 0 : e.cost_usd - lines.reduce((s, l) => s + l.cost, 0);
  return (
    <Stack gap="md">
      <Table withRowBorders aria-label="Usage">
        <Table.Thead><Table.Tr><Table.Th>What the provider counted</Table.Th><Table.Th ta="right">How many</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>{rows.map((r) => <Table.Tr key={r.k}><Table.Td>{r.k.replaceAll("_", " ")}</Table.Td><Table.Td ta="right">{exact(r.v)}</Table.Td></Table.Tr>)}</Table.Tbody>
      </Table>
      {lines.length > 0 ? (
        <Table aria-label="Price">
          <Table.Thead><Table.Tr><Table.Th>How the cost comes about</Table.Th><Table.Th ta="right">Tokens</Table.Th><Table.Th ta="right">Dollars per million</Table.Th><Table.Th ta="right">Cost</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {lines.map((l) => <Table.Tr key={l.kind}><Table.Td>{l.kind.replaceAll("_", " ")}</Table.Td><Table.Td ta="right">{exact(l.n)}</Table.Td><Table.Td ta="right">${exact(l.rate)}</Table.Td><Table.Td ta="right">${exact(l.cost)}</Table.Td></Table.Tr>)}
            {Math.abs(rest) > 1e-9 && <Table.Tr><Table.Td>earlier attempts, and what is billed otherwise</Table.Td><Table.Td /><Table.Td /><Table.Td ta="right">${exact(rest)}</Table.Td></Table.Tr>}
            <Table.Tr><Table.Td><b>Together</b></Table.Td><Table.Td /><Table.Td /><Table.Td ta="right"><b>{e.cost_usd == null ? "unknown" : `$${exact(e.cost_usd)}`}</b></Table.Td></Table.Tr>
          </Table.Tbody>
        </Table>
      ) : <Text size="sm" c="dimmed">{e.cost_usd === 0 ? "This call cost nothing." : "No price is known of this model, so its cost is not known either."}</Text>}
      {e.price && <Text size="sm" c="dimmed">Prices{e.price.as_of && ` of ${e.price.as_of}`} from {e.price.source}{e.price.tier && `, chosen by ${e.price.tier}`}.</Text>}
    </Stack>
  );
}

function Facts({ entry: e }: { entry: EntryDetail }) {
  const limits = useLimits(e);
  const link = (filter: string, value: string) => (value ? <Goto to="/logs" extra={{ [filter]: value }}>{value}</Goto> : "–");
  const links = (filter: string, values: string[]) => (values.length ? values.map((v, i) => <Fragment key={v}>{i > 0 && ", "}{link(filter, v)}</Fragment>) : "–");
  const facts: [string, ReactNode][] = [
    ["Gateway", link("gateway", e.gateway)], ["Workspace", link("workspace", e.workspace)], ["Key", link("key_id", e.key_id)], ["Operation", link("operation", e.operation)],
    ["Model asked for", link("model_requested", e.model_requested)], ["Provider", link("provider", e.provider)], ["Model that served", link("model", e.model)], ["Route", link("route", e.route)],
    ["Dialects", `${e.client_dialect || "–"} → ${e.provider_dialect || "–"}`], ["Credential", link("credential", e.credential)], ["Region", link("region", e.region)], ["Endpoint", link("endpoint", e.endpoint)],
    ["Finished because", link("finish_reason", e.finish_reason)], ["Error", link("error_code", e.error_code)], ["First byte", ms(e.first_byte_ms)], ["Queued", ms(e.queue_ms)], ["Sluice, its queues included", e.overhead_us == null ? "–" : took(Math.max(0, (e.overhead_us - (e.caller_us ?? 0)) / 1000))], ["Slow caller", e.caller_us == null ? "–" : ms(e.caller_us / 1000)], ["Feedback", [e.feedback, e.score != null && `score ${e.score}`, e.comment].filter(Boolean).join("; ") || "–"],
    ["Limits without room", e.limits.length ? <>{limits} <Text span size="xs" c="dimmed">{e.limits.join(", ")}</Text> · <Goto to="/limits">Limits</Goto></> : "–"], ["Guards", e.guards.join(", ") || "–"], ["Dropped parameters", links("dropped_params", e.dropped_params)],
    ["Cache tags", links("cache_tags", e.cache_tags)], ["Age in the cache", e.cache_age_ms == null ? "–" : ms(e.cache_age_ms)], ["In the cache", e.cache_key ? <><Goto to="/cache" extra={{ key: e.cache_key }}>The answer and what it holds</Goto> · <Goto to="/logs" extra={{ cache_key: e.cache_key }}>Calls of this answer</Goto></> : "–"],
    ["Session", e.session ? <Goto to="/sessions" extra={{ id: e.session }}>{e.session}</Goto> : "–"], ["User", link("user", e.user)], ["Caller's address", link("client_ip", e.client_ip)], ["Client", link("user_agent", e.user_agent)], ["Trace", e.trace_id ? <Goto to="/sessions" extra={{ by: "trace", id: e.trace_id }}>{e.trace_id}</Goto> : "–"],
    ["Metadata", Object.keys(e.metadata).length ? <Code>{JSON.stringify(e.metadata)}</Code> : "–"],
  ];
  return <Table aria-label="Details"><Table.Tbody>{facts.map(([k, v]) => <Table.Tr key={k}><Table.Th w={170} fw={500} c="dimmed">{k}</Table.Th><Table.Td className="said">{v}</Table.Td></Table.Tr>)}</Table.Tbody></Table>;
}
