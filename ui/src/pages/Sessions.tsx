import { Box, Button, Card, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconFilterOff, IconMessages } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../api/client";
import { useParams, usePeriod } from "../lib/address";
import { ago, at, count, span, usd } from "../lib/format";
import { Call } from "../parts/Call";
import { Empty, Failure, PageTitle, Snippet, Waiting } from "../parts/parts";
import { chosenOf, Filters } from "./sessions/Filters";
import { One } from "./sessions/One";

type Session = Schemas["CallSession"];

export default function Sessions() {
  const [params, set] = useParams();
  const by = params.get("by") === "trace" ? "trace" : "session";
  const id = params.get("id") ?? "";
  return (
    <>
      <PageTitle title="Sessions" says="Conversations and runs of agents: calls that name the same session or trace.">
        <SegmentedControl size="xs" aria-label="Put together by" data={[{ value: "session", label: "By session" }, { value: "trace", label: "By trace" }]} value={by} onChange={(v) => set({ by: v === "trace" ? v : "", id: "", ws: "" })} />
      </PageTitle>
      <Stack gap="md">
        {id && <One by={by} id={id} />}
        <Filters />
        <List by={by} chosen={id} />
      </Stack>
      <Call id={params.get("call") ?? ""} onClose={() => set({ call: "" })} />
    </>
  );
}

function List({ by, chosen }: { by: string; chosen: string }) {
  const [params, set] = useParams();
  const period = usePeriod();
  const filters = chosenOf(params);
  const list = useInfiniteQuery({
    queryKey: ["sessions", by, filters, period.range, period.custom && [period.from.toISOString(), period.to.toISOString()]],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/sessions", { params: { query: { by, ...filters, from: period.from.toISOString(), ...(period.custom ? { to: period.to.toISOString() } : {}), limit: "50", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
  });
  const rows = list.data?.pages.flatMap((p) => p.data) ?? [];
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Waiting rows={8} />;
  if (rows.length === 0) return Object.keys(filters).length > 0 ? <Empty icon={IconFilterOff} title="Nothing matches in this time"><Group justify="center"><Button variant="default" onClick={() => set(Object.fromEntries(Object.keys(filters).map((k) => [k, ""])))}>Take all filters away</Button></Group></Empty> : <None by={by} />;
  return (
    <Card withBorder padding={0}>
      <Box className="scroll">
        <table className="rows" aria-label="Sessions">
          <thead><tr><th scope="col">{by === "trace" ? "Trace" : "Session"}</th><th scope="col">Last call</th><th scope="col">Lasted</th><th scope="col" className="n">Calls</th><th scope="col" className="n">Errors</th><th scope="col" className="n">Tokens in / out</th><th scope="col" className="n">Cost</th><th scope="col">Models</th></tr></thead>
          <tbody>
            {rows.map((s) => (
              <tr key={s.id + s.workspace} className={`pick ${s.id === chosen ? "chosen" : ""}`} onClick={() => set({ id: s.id, ws: s.workspace })}>
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
