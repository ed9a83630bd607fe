import { Box, Button, Card, Group, SegmentedControl, Stack, Text, Tooltip } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Fragment, useMemo } from "react";
import { api, type Entry, got, type Schemas } from "../api/client";
import { useParams, usePeriod } from "../lib/address";
import { colorOf, meaning } from "../lib/color";
import { ago, at, count, ms, span, usd } from "../lib/format";
import { Call } from "../parts/Call";
import { Empty, Failure, PageTitle, Panel, Snippet, Tag, Waiting } from "../parts/parts";

type Session = Schemas["CallSession"];

export default function Sessions() {
  const [params, set] = useParams();
  const by = params.get("by") === "trace" ? "trace" : "session";
  const id = params.get("id") ?? "";
  return (
    <>
      <PageTitle title="Sessions" says="Conversations and runs of agents: calls that name the same session or trace.">
        <SegmentedControl size="xs" aria-label="Put together by" data={[{ value: "session", label: "By session" }, { value: "trace", label: "By trace" }]} value={by} onChange={(v) => set({ by: v === "trace" ? v : "", id: "" })} />
      </PageTitle>
      <Stack gap="md">
        {id && <One by={by} id={id} />}
        <List by={by} chosen={id} />
      </Stack>
      <Call id={params.get("call") ?? ""} onClose={() => set({ call: "" })} />
    </>
  );
}

function List({ by, chosen }: { by: string; chosen: string }) {
  const [, set] = useParams();
  const period = usePeriod();
  const list = useInfiniteQuery({
    queryKey: ["sessions", by, period.range, period.custom && [period.from.toISOString(), period.to.toISOString()]],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/sessions", { params: { query: { by, from: period.from.toISOString(), ...(period.custom ? { to: period.to.toISOString() } : {}), limit: "50", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
  });
  const rows = list.data?.pages.flatMap((p) => p.data) ?? [];
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Waiting rows={8} />;
  if (rows.length === 0) return <None by={by} />;
  return (
    <Card withBorder padding={0}>
      <Box className="scroll">
        <table className="rows" aria-label="Sessions">
          <thead><tr><th scope="col">{by === "trace" ? "Trace" : "Session"}</th><th scope="col">Last call</th><th scope="col">Lasted</th><th scope="col" className="n">Calls</th><th scope="col" className="n">Errors</th><th scope="col" className="n">Tokens in / out</th><th scope="col" className="n">Cost</th><th scope="col">Models</th></tr></thead>
          <tbody>
            {rows.map((s) => (
              <tr key={s.id + s.workspace} className={`pick ${s.id === chosen ? "chosen" : ""}`} onClick={() => set({ id: s.id })}>
                <td><button type="button" className="cell" title={s.id}>{s.id}</button></td>
                <td title={at(s.last)} className="nowrap">{ago(s.last)}</td>
                <td className="nowrap">{lasted(s)}</td>
                <td className="n">{count(s.calls)}</td>
                <td className="n"><Text size="sm" component="span" c={s.errors ? "red" : undefined}>{count(s.errors)}</Text></td>
                <td className="n">{count(s.input_tokens)} / {count(s.output_tokens)}</td>
                <td className="n">{usd(s.cost_usd)}</td>
                <td><Text size="sm" component="span" className="name">{s.models.slice(0, 3).join(", ")}{s.models.length > 3 && ` and ${s.models.length - 3} more`}</Text></td>
              </tr>
            ))}
          </tbody>
        </table>
      </Box>
      {list.hasNextPage && <Box p="sm"><Button fullWidth variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Show older ones</Button></Box>}
    </Card>
  );
}

const lasted = (s: Session) => span((new Date(s.last).getTime() - new Date(s.first).getTime()) / 1000);

function None({ by }: { by: string }) {
  return (
    <Empty icon={IconMessages} title={by === "trace" ? "No call of this time names a trace" : "No call of this time names a session"}>
      <Stack gap="sm">
        <Text ta="center" c="dimmed">{by === "trace" ? "Calls with a W3C traceparent header belong to its trace; most tracing libraries send it." : "Send a header with each call of a conversation or of an agent's run, and they are one view here:"}</Text>
        <Snippet text={by === "trace" ? "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" : "x-session-id: chat-4711"} />
      </Stack>
    </Empty>
  );
}

type Line = { entry: Entry; depth: number; group: string };

/** Calls by the span in which they were made, spans in the order in which they began. */
function nested(calls: Entry[]): Line[] {
  const groups = new Map<string, Entry[]>();
  for (const e of calls) groups.set(e.parent_span_id, [...(groups.get(e.parent_span_id) ?? []), e]);
  return [...groups].flatMap(([group, inside]) => inside.map((entry) => ({ entry, depth: group ? 1 : 0, group })));
}

/** One session: its calls on one axis of time. */
function One({ by, id }: { by: string; id: string }) {
  const [, set] = useParams();
  const calls = useQuery({
    queryKey: ["entries", "session", by, id],
    queryFn: () => got(api.GET("/api/v1/entries", { params: { query: { [by === "trace" ? "trace_id" : "session"]: id, limit: "500" } } })),
    refetchInterval: 5000,
  });
  const rows = useMemo(() => (calls.data?.data.filter((e): e is Entry => !!e) ?? []).reverse(), [calls.data]);
  const lines = useMemo(() => nested(rows), [rows]);
  if (calls.isError) return <Failure error={calls.error} />;
  if (!calls.data) return <Waiting rows={5} height={28} />;
  const began = Math.min(...rows.map((e) => new Date(e.time).getTime()));
  const all = Math.max(1, ...rows.map((e) => new Date(e.time).getTime() - began + (e.latency_ms ?? 0)));
  const sum = (of: (e: Entry) => number | null | undefined) => rows.reduce((s, e) => s + (of(e) ?? 0), 0);
  return (
    <Panel title={`${rows.length} ${rows.length === 1 ? "call" : "calls"} of ${id}`} says="Each bar is a call, from its request to the end of its answer, on one axis of time. A click opens it." right={<Button size="xs" variant="subtle" onClick={() => set({ id: "" })}>Close</Button>}>
      <Group gap="lg" mb="sm">
        <Text size="sm">{ms(all)} from first to last</Text><Text size="sm">{count(sum((e) => e.usage.input_tokens))} tokens in, {count(sum((e) => e.usage.output_tokens))} out</Text><Text size="sm">{usd(sum((e) => e.cost_usd))}</Text>
        {calls.data.next && <Tag tone="warning">only the newest 500 calls</Tag>}
      </Group>
      <Box className="fall" role="list" aria-label="Calls of the session">
        {lines.map(({ entry: e, group }, i) => {
          const from = new Date(e.time).getTime() - began;
          const name = e.provider ? `${e.provider}/${e.model}` : e.model_requested;
          const failed = e.status >= 400 || e.status === 0;
          return (
            <Fragment key={e.id}>
              {group && group !== lines[i - 1]?.group && <Text size="xs" c="dimmed" className="wide">Span {group}</Text>}
              <Box role="listitem" pl={group ? 12 : 0}><button type="button" className="cell" onClick={() => set({ call: e.id })}>{name}</button></Box>
              <Box className="track" aria-hidden onClick={() => set({ call: e.id })}>
                <Tooltip label={`${e.status || "cut"}; ${ms(e.latency_ms)}; ${usd(e.cost_usd)}`} withArrow><i style={{ left: `${(from / all) * 100}%`, width: `${((e.latency_ms ?? 0) / all) * 100}%`, background: failed ? meaning.failed : colorOf(name) }} /></Tooltip>
              </Box>
              <Text size="sm" ta="right">{ms(e.latency_ms)}</Text>
            </Fragment>
          );
        })}
      </Box>
    </Panel>
  );
}
