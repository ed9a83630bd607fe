// One session or trace: its calls as a tree on one axis of time, with what they sum up to
// and, when the reader asks for it, what was said.
import { Box, Button, Group, SimpleGrid, Text, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Fragment, useEffect, useMemo, useState } from "react";
import { api, type Entry, got } from "../../api/client";
import { useParams } from "../../lib/address";
import { colorOf, meaning } from "../../lib/color";
import { count, ms, usd } from "../../lib/format";
import { type Line, linesOf, type Node, together, treeOf } from "../../lib/runs";
import { Failure, Figure, Panel, Tag, Waiting } from "../../parts/parts";
import { Said } from "./Said";

/** How many calls are read at once: the audit log notes each. */
const readAtOnce = 40;

export function One({ by, id }: { by: "session" | "trace"; id: string }) {
  const [, set] = useParams();
  const { calls, rows } = useCallsOf(by, id);
  const tree = useMemo(() => treeOf(rows), [rows]);
  const [closed, setClosed] = useState<Set<string>>(new Set());
  const [read, setRead] = useState(0);
  useEffect(() => { setRead(0); setClosed(new Set()); }, [by, id]);
  const lines = useMemo(() => linesOf(tree, closed), [tree, closed]);
  if (calls.isError) return <Failure error={calls.error} />;
  if (!calls.data) return <Waiting rows={5} height={28} />;
  const whole = together(tree);
  const all = Math.max(1, whole.to - whole.from);
  const toggle = (key: string) => setClosed((c) => { const next = new Set(c); if (!next.delete(key)) next.add(key); return next; });
  const readable = new Set(rows.slice(0, read).map((e) => e.id));
  return (
    <Panel title={`${rows.length} ${rows.length === 1 ? "call" : "calls"} of ${id}`} says="Each bar is a call, from its request to the end of its answer, on one axis of time. Calls lie below the span in which they were made, or below the call whose provider made them. A click opens one." right={<Button size="xs" variant="subtle" onClick={() => set({ id: "" })}>Close</Button>}>
      <Totals by={by} id={id} took={all} whole={!calls.hasNextPage} sum={whole} />
      <Group gap="sm" mb="sm">
        {read < rows.length && <Tooltip label="Reading what was said is noted in the audit log, call by call" withArrow><Button size="xs" variant="default" onClick={() => setRead(read + readAtOnce)}>{read === 0 ? "Show what was said" : `Show what was said in ${Math.min(readAtOnce, rows.length - read)} more`}</Button></Tooltip>}
        {read > 0 && <Button size="xs" variant="subtle" onClick={() => setRead(0)}>Hide what was said</Button>}
        {calls.hasNextPage && <Button size="xs" variant="default" loading={calls.isFetchingNextPage} onClick={() => void calls.fetchNextPage()}>Load earlier calls</Button>}
      </Group>
      <Box className="fall run" role="list" aria-label="Calls of the session">
        {lines.map((line) => (
          <Fragment key={line.node.key}>
            {line.node.entry ? <CallLine line={line} from={whole.from} all={all} closed={closed.has(line.node.key)} toggle={toggle} /> : <GroupLine line={line} from={whole.from} all={all} closed={closed.has(line.node.key)} toggle={toggle} />}
            {line.node.entry && readable.has(line.node.id) && <Box className="wide" pl={indent(line.depth) + 22}><Said id={line.node.id} /></Box>}
          </Fragment>
        ))}
      </Box>
    </Panel>
  );
}

const page = 500;

/** The calls, the oldest first, page by page from the newest. */
function useCallsOf(by: "session" | "trace", id: string) {
  const [params] = useParams();
  const workspace = params.get("ws") ?? "";
  const calls = useInfiniteQuery({
    queryKey: ["entries", "session", by, id, workspace],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/entries", { params: { query: { [by === "trace" ? "trace_id" : "session"]: id, ...(workspace ? { workspace } : {}), limit: String(page), ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    refetchInterval: 5000,
  });
  const rows = useMemo(() => (calls.data?.pages.flatMap((p) => p.data.filter((e): e is Entry => !!e)) ?? []).reverse(), [calls.data]);
  return { calls, rows };
}

/** What all of it sums up to: by the server where not every call is here. */
function Totals({ by, id, took, whole, sum }: { by: string; id: string; took: number; whole: boolean; sum: Node["sum"] }) {
  const [params] = useParams();
  const workspace = params.get("ws") ?? "";
  const told = useQuery({ queryKey: ["sessions", "one", by, id, workspace], queryFn: () => got(api.GET("/api/v1/sessions", { params: { query: { by, id, ...(workspace ? { workspace } : {}) } } })), enabled: !whole });
  const s = whole ? undefined : told.data?.data[0];
  const calls = s?.calls ?? sum.calls, errors = s?.errors ?? sum.errors;
  const span = s ? new Date(s.last).getTime() - new Date(s.first).getTime() : took;
  const partial = !whole && !s;
  return (
    <>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="sm" mb="md">
        <Figure label="Calls" value={count(calls)} says="All calls that name it, failed ones too." />
        <Figure label="Errors" value={count(errors)} tone={errors ? "red" : undefined} says="Calls that failed or were refused." />
        <Figure label="Cost" value={s || sum.priced ? usd(s?.cost_usd ?? sum.cost) : "–"} says="Of the calls whose cost is known." />
        <Figure label="Tokens in / out" value={`${count(s?.input_tokens ?? sum.input)} / ${count(s?.output_tokens ?? sum.output)}`} says="As far as the providers told." />
        <Figure label="Time" value={ms(span)} says="From the beginning of the first call to the end of the last one." />
      </SimpleGrid>
      {partial && <Tag tone="warning">only the newest {page} calls</Tag>}
    </>
  );
}

const indent = (depth: number) => Math.min(depth, 6) * 14;

type Props = { line: Line; from: number; all: number; closed: boolean; toggle: (key: string) => void };

function Fold({ line: { node }, closed, toggle, name }: Pick<Props, "line" | "closed" | "toggle"> & { name: string }) {
  if (node.children.length === 0) return <span className="fold" />;
  return <button type="button" className="fold cell" aria-expanded={!closed} aria-label={`${closed ? "Open" : "Close"} what lies below ${name}`} onClick={() => toggle(node.key)}>{closed ? <IconChevronRight size={14} /> : <IconChevronDown size={14} />}</button>;
}

function GroupLine({ line, from, all, closed, toggle }: Props) {
  const { node, depth } = line;
  const name = `${node.kind === "trace" ? "Trace" : "Span"} ${node.id}`;
  const s = node.sum;
  return (
    <>
      <Box role="listitem" aria-level={depth + 1} pl={indent(depth)} className="branch"><Fold line={line} closed={closed} toggle={toggle} name={name} /><Text size="xs" c="dimmed" truncate title={name}>{name}</Text></Box>
      <Tooltip label={`${count(s.calls)} ${s.calls === 1 ? "call" : "calls"}; ${count(s.errors)} failed; ${s.priced ? usd(s.cost) : "cost unknown"}; ${ms(s.to - s.from)}`} withArrow><Box className="track brace" aria-hidden><i style={{ left: `min(${((s.from - from) / all) * 100}%, 100% - 3px)`, width: `${((s.to - s.from) / all) * 100}%` }} /></Box></Tooltip>
      <Text size="xs" c="dimmed" ta="right" className="nowrap">{count(s.calls)} · {s.priced ? usd(s.cost) : "–"}</Text>
    </>
  );
}

function CallLine({ line, from, all, closed, toggle }: Props) {
  const [, set] = useParams();
  const { node, depth } = line;
  const e = node.entry!;
  const name = e.provider ? `${e.provider}/${e.model}` : e.model_requested;
  const failed = e.status >= 400 || e.status === 0;
  const open = () => set({ call: e.id });
  return (
    <>
      <Box role="listitem" aria-level={depth + 1} pl={indent(depth)} className="branch"><Fold line={line} closed={closed} toggle={toggle} name={name} /><button type="button" className="cell" onClick={open} title={name}>{name}</button></Box>
      <Tooltip label={`${e.status || "cut"}${e.error_code && ` ${e.error_code}`}; ${ms(e.latency_ms)}; ${usd(e.cost_usd)}; ${count(e.usage.input_tokens)} tokens in, ${count(e.usage.output_tokens)} out`} withArrow>
        <Box className="track" aria-hidden onClick={open}><i style={{ left: `min(${((new Date(e.time).getTime() - from) / all) * 100}%, 100% - 3px)`, width: `${((e.latency_ms ?? 0) / all) * 100}%`, background: failed ? meaning.failed : colorOf(name) }} /></Box>
      </Tooltip>
      <Text size="sm" ta="right" className="nowrap">{ms(e.latency_ms)}</Text>
    </>
  );
}
