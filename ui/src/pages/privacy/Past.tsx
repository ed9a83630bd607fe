// Erasures: what is under way, and the receipts of what is done.
import { Box, Button, Card, Group, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../../api/client";
import { count } from "../../lib/format";
import { Failure, Info, Tag, Time, type Tone, Waiting } from "../../parts/parts";

export type Erasure = Schemas["Erasure"];

export const stateOf = (e: Erasure): [Tone, string] => (e.state === "done" ? ["plain", "done"] : e.error ? ["warning", "is tried again"] : ["accent", e.state === "running" ? "under way" : "waits"]);

export function Past({ open }: { open: (id: string) => void }) {
  const all = useInfiniteQuery({
    queryKey: ["erasures"],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/privacy/erasures", { params: { query: { limit: "50", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
    refetchInterval: (q) => (q.state.data?.pages.some((p) => p.data.some((e) => e.state !== "done")) ? 2_000 : false),
  });
  const rows = all.data?.pages.flatMap((p) => p.data) ?? [];
  return (
    <Card withBorder padding={0} component="section" aria-label="Erasures">
      <Group gap={4} p="md" pb="xs"><Title order={2} size="h5">Erasures</Title><Info text="Each leaves a receipt, which does not name the user any more and stays for good. With keys of bodies, what a workspace's calls said can be read by nobody any more." /></Group>
      {all.isError ? <Box p="md"><Failure error={all.error} retry={() => void all.refetch()} /></Box> : !all.data ? <Box p="md"><Waiting rows={3} /></Box> : rows.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">Nobody's data was erased yet. Look above for a user first: what is lost is counted before. From the command line: <code>sluice privacy erase --user U --dry-run</code></Text>
      ) : (
        <Box className="scroll">
          <table className="rows" aria-label="Erasures">
            <thead><tr><th scope="col">Receipt</th><th scope="col">State</th><th scope="col">Asked for</th><th scope="col" className="hide-small">By</th><th scope="col">Workspace</th><th scope="col" className="n">Calls</th><th scope="col" className="n hide-small">Bodies</th></tr></thead>
            <tbody>{rows.map((e) => <Row key={e.id} of={e} open={open} />)}</tbody>
          </table>
        </Box>
      )}
      {all.hasNextPage && <Box p="sm"><Button fullWidth variant="default" loading={all.isFetchingNextPage} onClick={() => void all.fetchNextPage()}>Show older erasures</Button></Box>}
    </Card>
  );
}

function Row({ of: e, open }: { of: Erasure; open: (id: string) => void }) {
  const [tone, word] = stateOf(e);
  return (
    <tr className="pick" onClick={() => open(e.id)}>
      <td><button type="button" className="cell typed" aria-label={`Open ${e.id}`}>{e.id}</button>{e.kind === "keys" && <> <Tag>keys of bodies</Tag></>}</td>
      <td><Tag tone={tone}>{word}</Tag></td>
      <td className="nowrap"><Time value={e.created} /></td>
      <td className="hide-small">{e.by}</td>
      <td>{e.workspace || <Text span c="dimmed" inherit>all</Text>}</td>
      <td className="n">{count(e.counts.entries ?? 0)}</td>
      <td className="n hide-small">{count(e.counts.bodies ?? 0)}</td>
    </tr>
  );
}
