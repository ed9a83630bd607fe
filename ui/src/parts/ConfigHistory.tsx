// Every state that the document has had: who, when, what, and the way back.
import { Alert, Box, Button, Card, Drawer, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconFileText, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAct } from "../lib/act";
import { useParam } from "../lib/address";
import type { State } from "../lib/document";
import { bytes } from "../lib/format";
import { Changes, Diff } from "./Change";
import { Empty, Failure, Snippet, Tag, Time, Waiting } from "./parts";

type Revision = Schemas["Revision"];

export function ConfigHistory({ now }: { now: State }) {
  const [shown, setShown] = useParam("revision");
  const list = useInfiniteQuery({
    queryKey: ["config", "revisions"],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/config/revisions", { params: { query: { limit: "50", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  const all = list.data?.pages.flatMap((p) => p.data) ?? [];
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Waiting rows={6} />;
  if (all.length === 0) return <Empty icon={IconHistory} title="Nothing is recorded yet"><Text size="sm" ta="center" c="dimmed">The document is recorded as soon as the store can be reached.</Text></Empty>;
  return (
    <>
      <Card withBorder padding={0}>
        <Box className="scroll">
          <table className="rows" aria-label="Revisions">
            <thead><tr><th scope="col">Revision</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">Note</th><th scope="col" className="hide-small">Source</th><th scope="col" className="n hide-small">Size</th></tr></thead>
            <tbody>{all.map((r) => <Row key={r.number} r={r} current={r.number === now.revision} open={() => setShown(String(r.number))} chosen={shown === String(r.number)} />)}</tbody>
          </table>
        </Box>
        {list.hasNextPage && <Box p="sm"><Button fullWidth variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Show older revisions</Button></Box>}
      </Card>
      <Text size="xs" c="dimmed">The newest 1,000 revisions are kept.</Text>
      <Drawer opened={shown !== ""} onClose={() => setShown("")} position="right" size="xl" title={`Revision ${shown}`} closeButtonProps={{ "aria-label": "Close" }}>
        {shown && <Detail n={shown} now={now} close={() => setShown("")} />}
      </Drawer>
    </>
  );
}

function Row({ r, current, open, chosen }: { r: Revision; current: boolean; open: () => void; chosen: boolean }) {
  return (
    <tr className={chosen ? "pick chosen" : "pick"} onClick={open}>
      <td><Group gap={6} wrap="nowrap"><button type="button" className="cell" aria-label={`Open revision ${r.number}`}>{r.number}</button>{current && <Tag tone="accent">in force</Tag>}</Group></td>
      <td className="nowrap"><Time value={r.time} /></td>
      <td><Text size="sm" className="who" title={r.author.name}>{who(r)}</Text></td>
      <td><Text size="sm" lineClamp={1}>{r.from !== null ? `As revision ${r.from}${r.note ? `: ${r.note}` : ""}` : r.note || <Text span c="dimmed" inherit>–</Text>}</Text></td>
      <td className="hide-small"><Tag>{r.source}</Tag></td>
      <td className="n hide-small">{bytes(r.size)}</td>
    </tr>
  );
}

const who = (r: Revision) => (r.author.kind === "file" ? (r.author.name.split("/").pop() ?? r.author.name) : r.author.kind === "sluice" ? "first start" : r.author.name);

function Detail({ n, now, close }: { n: string; now: State; close: () => void }) {
  const [back, setBack] = useState(false);
  const one = useQuery({ queryKey: ["config", "revision", Number(n)], queryFn: () => got(api.GET("/api/v1/config/revisions/{n}", { params: { path: { n } } })) });
  if (one.isError) return <Failure error={one.error} />;
  if (!one.data) return <Waiting rows={6} />;
  const r = one.data;
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start">
        <Box>
          <Text size="sm"><b>{r.author.name || "Sluice"}</b>, <Time value={r.time} /></Text>
          {r.from !== null && <Text size="sm" c="dimmed">The document of revision {r.from} again.</Text>}
          {r.note && <Text size="sm" mt={4}>{r.note}</Text>}
        </Box>
        {r.number === now.revision ? <Tag tone="accent">in force</Tag> : now.editable && <Button variant="default" onClick={() => setBack(true)}>Roll back to this…</Button>}
      </Group>
      {!now.editable && r.number !== now.revision && <Alert variant="light" icon={<IconFileText size={18} />}>A file is the source, so that there is no rolling back here. Copy the document into the file instead.</Alert>}
      <Text fw={600} size="sm">{r.before === null ? "The first revision that is kept" : `What changed against revision ${r.before}`}</Text>
      {r.before !== null && (r.text ? <Diff text={r.text} /> : <Text size="sm" c="dimmed">Nothing.</Text>)}
      <Text fw={600} size="sm">The whole document</Text>
      {r.document ? <Snippet text={r.document} label="Copy the document" /> : <Text size="sm" c="dimmed">It is empty: everything was at its default.</Text>}
      {back && <Rollback r={r} now={now} onClose={() => setBack(false)} done={close} />}
    </Stack>
  );
}

function Rollback({ r, now, onClose, done }: { r: Revision; now: State; onClose: () => void; done: () => void }) {
  const [note, setNote] = useState("");
  const [revision] = useState(now.revision); // that the comparison is made with
  const query = { from: String(revision), to: String(r.number) };
  const diff = useQuery({ queryKey: ["config", "back", query], queryFn: () => got(api.POST("/api/v1/config/diff", { params: { query }, body: "" as never, bodySerializer: () => "" })) });
  const act = useAct(() => got(api.POST("/api/v1/config/revisions/{n}/rollback", { params: { path: { n: String(r.number) }, query: { revision: String(revision), ...(note ? { note } : {}) } } })), ["config", "gateways", "providers", "models", "routes", "health"], (d) => `Revision ${d.revision} is in force, as revision ${r.number} was.`);
  return (
    <Modal opened onClose={onClose} size="xl" title={`Roll back to revision ${r.number}`} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="sm">
        <Text size="sm">The document of revision {r.number} comes into force again, as a new revision. What was changed since then is not in force any more; it stays in the history.</Text>
        {diff.isError ? <Failure error={diff.error} /> : diff.data ? <Changes diff={diff.data} /> : <Waiting rows={3} />}
        <TextInput label="Note" description="Why, for whoever reads the history." data-autofocus maxLength={500} value={note} onChange={(e) => setNote(e.currentTarget.value)} />
        {act.isError && <Failure error={act.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button loading={act.isPending} disabled={!diff.data?.text} onClick={() => act.mutate(undefined, { onSuccess: done })}>Roll back</Button></Group>
      </Stack>
    </Modal>
  );
}
