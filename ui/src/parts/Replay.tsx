// A recorded call made once more, and both answers beside each other.
import { Alert, Button, Checkbox, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type EntryDetail, got } from "../api/client";
import { ofAnswer } from "../lib/conversation";
import { count, ms, usd } from "../lib/format";
import { Diff } from "./Diff";
import { Copy, Failure, Goto, StatusMark, Waiting } from "./parts";

/** What an answer says, as text that can be compared; its bytes where it is no conversation. */
function said(e: EntryDetail): string {
  const body = e.bodies?.answer;
  if (!body || body.encoding !== "text") return "";
  const messages = ofAnswer(body.content);
  if (!messages) return pretty(body.content);
  return messages.flatMap((m) => m.parts.map((p) => ("text" in p ? p.text : p.kind === "call" ? `${p.name}(${p.input})` : ""))).join("\n");
}

function pretty(s: string): string {
  try {
    return JSON.stringify(JSON.parse(s), null, 2);
  } catch {
    return s;
  }
}

const rows: [string, (e: EntryDetail) => number | null | undefined, (n: number | null | undefined) => string][] = [
  ["Latency", (e) => e.latency_ms, ms], ["First byte", (e) => e.first_byte_ms, ms], ["Tokens in", (e) => e.usage.input_tokens, count], ["Tokens out", (e) => e.usage.output_tokens, count], ["Cost", (e) => e.cost_usd, usd],
];

export function Replay({ entry, opened, onClose }: { entry: EntryDetail; opened: boolean; onClose: () => void }) {
  const [target, setTarget] = useState("");
  const [direct, setDirect] = useState(false);
  const queries = useQueryClient();
  const again = useMutation({
    mutationFn: () => got(api.POST("/api/v1/entries/{id}/replay", { params: { path: { id: entry.id } }, body: { target: direct ? "" : target.trim(), direct, key_id: "" } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["entries"] }),
  });
  const made = useQuery({ queryKey: ["entry", again.data?.id], queryFn: () => got(api.GET("/api/v1/entries/{id}", { params: { path: { id: again.data!.id } } })), enabled: !!again.data, retry: 5 });
  return (
    <Modal opened={opened} onClose={onClose} size="xl" title="Replay this call" closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">The recorded request is sent again through all policies, never answered from the cache, and paid by the workspace <b>{entry.workspace || "default"}</b>. It leaves an entry of its own.</Text>
        <Group align="flex-end" gap="sm">
          <TextInput className="grow" label="Model or route" placeholder={entry.model_requested} description="Another one to compare with; empty asks for the same" value={target} disabled={direct} onChange={(e) => setTarget(e.currentTarget.value)} />
          <Button leftSection={<IconRefresh size={16} />} loading={again.isPending} onClick={() => again.mutate()}>Replay</Button>
        </Group>
        {entry.provider && <Checkbox label={`Straight to ${entry.provider}: exactly the bytes that it got`} checked={direct} onChange={(e) => setDirect(e.currentTarget.checked)} />}
        {again.isError && <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title="This call cannot be replayed">{again.error.message}</Alert>}
        {again.data && (made.isError ? <Failure error={made.error} /> : !made.data ? <Waiting rows={4} /> : <Beside then={entry} now={made.data} />)}
      </Stack>
    </Modal>
  );
}

export function Beside({ then, now }: { then: EntryDetail; now: EntryDetail }) {
  return (
    <Stack gap="md">
      <Table aria-label="Then and now">
        <Table.Thead><Table.Tr><Table.Th /><Table.Th ta="right">Then</Table.Th><Table.Th ta="right">Now</Table.Th><Table.Th ta="right">Change</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          <Table.Tr><Table.Td>Status</Table.Td><Table.Td ta="right"><StatusMark status={then.status} code={then.error_code} /></Table.Td><Table.Td ta="right"><StatusMark status={now.status} code={now.error_code} /></Table.Td><Table.Td /></Table.Tr>
          <Table.Tr><Table.Td>Served by</Table.Td><Table.Td ta="right">{then.provider ? `${then.provider}/${then.model}` : "–"}</Table.Td><Table.Td ta="right">{now.provider ? `${now.provider}/${now.model}` : "–"}</Table.Td><Table.Td /></Table.Tr>
          {rows.map(([label, of, show]) => {
            const [a, b] = [of(then), of(now)];
            return <Table.Tr key={label}><Table.Td>{label}</Table.Td><Table.Td ta="right">{show(a)}</Table.Td><Table.Td ta="right">{show(b)}</Table.Td><Table.Td ta="right">{a == null || b == null || a === b ? "–" : `${b > a ? "+" : "−"}${show(Math.abs(b - a))}`}</Table.Td></Table.Tr>;
          })}
        </Table.Tbody>
      </Table>
      <div><Text fw={600} size="sm" mb={4}>What the answers say</Text><Diff before={said(then)} after={said(now)} label="Difference of the answers" /></div>
      <Group gap={4}><Text size="sm">The new call: </Text><Goto to="/logs" extra={{ call: now.id }}>{now.id}</Goto><Copy text={now.id} label="Copy the new request id" /></Group>
    </Stack>
  );
}
