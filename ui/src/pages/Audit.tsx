// Who did and saw what, and the proof that nothing of it was altered.
import { Box, Button, Card, Drawer, Group, Menu, Stack, Text, TextInput } from "@mantine/core";
import { IconDownload, IconShieldCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAuth } from "../api/session";
import { useParams, usePeriod } from "../lib/address";
import { count } from "../lib/format";
import { Chip, Empty, Failure, Info, PageTitle, Snippet, Tag, Time, Waiting } from "../parts/parts";
import { Chain } from "./audit/Chain";
import { Detail } from "./audit/Detail";
import { download } from "./audit/download";

export type Event = Schemas["Event"];

/** The filters that a click on a cell makes, with what they say on a chip. */
const filters: Record<string, string> = { who: "by", action: "did", object: "to", workspace: "in", outcome: "outcome", ip: "from" };

export default function Audit() {
  const { who } = useAuth();
  const [params, set] = useParams();
  const period = usePeriod();
  const chosen = Object.keys(filters).filter((f) => params.get(f));
  const query = { from: period.from.toISOString(), ...(period.custom ? { to: period.to.toISOString() } : {}), ...Object.fromEntries(chosen.map((f) => [f, params.get(f)!])) };
  const list = useInfiniteQuery({
    queryKey: ["audit", period.range, period.custom && period.from.toISOString(), ...chosen.map((f) => params.get(f))],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/audit", { params: { query: { ...query, limit: "100", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  const rows = list.data?.pages.flatMap((p) => p.data) ?? [];
  return (
    <>
      <PageTitle title="Audit" says="Who did and saw what, from where, and what came of it. Nobody can change or delete events.">
        <Export query={query} />
      </PageTitle>
      <Stack gap="md">
        {who?.admin && <Chain />}
        <Filters chosen={chosen} />
        {list.isError ? <Failure error={list.error} retry={() => void list.refetch()} /> : !list.data ? <Waiting rows={10} /> : rows.length === 0 ? <None filtered={chosen.length > 0} /> : (
          <Card withBorder padding={0}>
            <Box className="scroll">
              <table className="rows" aria-label="Events">
                <thead><tr><th scope="col" className="n">#</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">To</th><th scope="col" className="hide-small">Workspace</th><th scope="col" className="hide-small">From</th><th scope="col">Outcome</th></tr></thead>
                <tbody>{rows.map((e) => <Row key={e.seq} e={e} chosen={params.get("event") === String(e.seq)} />)}</tbody>
              </table>
            </Box>
            {list.hasNextPage && <Box p="sm"><Button fullWidth variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Show older events</Button></Box>}
          </Card>
        )}
      </Stack>
      <Drawer opened={!!params.get("event")} onClose={() => set({ event: "" })} position="right" size="min(680px, 100vw)" title={`Event #${params.get("event") ?? ""}`} closeButtonProps={{ "aria-label": "Close" }}>
        {params.get("event") && <Detail seq={params.get("event")!} />}
      </Drawer>
    </>
  );
}

function Filters({ chosen }: { chosen: string[] }) {
  const [params, set] = useParams();
  const [text, setText] = useState("");
  return (
    <Group gap="xs" align="center">
      <form onSubmit={(e) => { e.preventDefault(); if (text.trim()) set({ [text.includes("@") ? "who" : /^[a-z_]+\.[a-z]*$/.test(text.trim()) ? "action" : "object"]: text.trim() }); setText(""); }}>
        <TextInput data-search w={300} size="xs" placeholder="Address, action (key.) or object  ( / )" aria-label="Filter events" value={text} onChange={(e) => setText(e.currentTarget.value)} />
      </form>
      <Info text="An e-mail address shows what that person did; an action such as key.create, or key. for all that was done to keys, what was done; anything else is the id or name of what it was done to. A click on a cell filters by it, too." />
      {chosen.map((f) => <Chip key={f} label={`${filters[f]} ${params.get(f)}`} remove={() => set({ [f]: "" })} />)}
    </Group>
  );
}

function Row({ e, chosen }: { e: Event; chosen: boolean }) {
  const [, set] = useParams();
  const only = (filter: string, value: string, shown = value) =>
    value ? <button type="button" className="cell" title={`Only ${value}`} onClick={(x) => { x.stopPropagation(); set({ [filter]: value }); }}>{shown}</button> : <Text span c="dimmed" inherit>–</Text>;
  return (
    <tr className={chosen ? "pick chosen" : "pick"} onClick={() => set({ event: String(e.seq) })}>
      <td className="n"><button type="button" className="cell" aria-label={`Open event ${e.seq}`}>{e.seq}</button></td>
      <td className="nowrap"><Time value={e.time} /></td>
      <td>{only("who", e.actor.id || e.actor.name, e.actor.kind === "file" ? (e.actor.name.split("/").pop() ?? "") : e.actor.name || e.actor.kind)}</td>
      <td className="nowrap">{only("action", e.action)}</td>
      <td>{only("object", e.object.id || e.object.name, e.object.name || e.object.id)}</td>
      <td className="hide-small">{only("workspace", e.workspace)}</td>
      <td className="hide-small nowrap">{only("ip", e.ip)}</td>
      <td className="nowrap"><Outcome e={e} /></td>
    </tr>
  );
}

export function Outcome({ e }: { e: Event }) {
  const times = e.count > 1 ? ` ×${count(e.count)}` : "";
  if (e.outcome === "ok") return <Tag>{`ok${times}`}</Tag>;
  if (e.outcome === "begun") return <Tag tone="accent">begun</Tag>;
  return <Tag tone="warning">{`${e.code || "refused"}${times}`}</Tag>;
}

function None({ filtered }: { filtered: boolean }) {
  return (
    <Empty icon={IconShieldCheck} title={filtered ? "No event of this time matches" : "Nothing happened in this time"}>
      <Stack gap="sm">
        <Text ta="center" c="dimmed">{filtered ? "Take a filter away, or choose a longer time above." : "Changes, sign-ins and reading of what was said are told here. Choose a longer time above, or look from the command line:"}</Text>
        {!filtered && <Snippet text="sluice audit list" />}
      </Stack>
    </Empty>
  );
}

function Export({ query }: { query: Record<string, string> }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const run = (format: "jsonl" | "csv") => {
    setBusy(true);
    setFailed(null);
    download(query, format).catch(setFailed).finally(() => setBusy(false));
  };
  return (
    <>
      {failed !== null && <Text size="sm" c="red" role="alert">{failed instanceof Error ? failed.message : "The export failed."}</Text>}
      <Menu position="bottom-end" withArrow>
        <Menu.Target><Button variant="default" loading={busy} leftSection={<IconDownload size={16} />}>Export</Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>What is shown, the oldest first</Menu.Label>
          <Menu.Item onClick={() => run("jsonl")}>JSON lines</Menu.Item>
          <Menu.Item onClick={() => run("csv")}>CSV</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
