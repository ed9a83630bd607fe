// One erasure: how far it is, then its receipt.
import { Alert, Box, Button, Code, Drawer, Group, Progress, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCircleCheck, IconCircleX, IconDownload } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { api, got } from "../../api/client";
import { at, count, span } from "../../lib/format";
import { Copy, Failure, Info, Tag, Waiting } from "../../parts/parts";
import { type Erasure as One, stateOf } from "./Past";
import { rowsOf, shredding, steps as ofUser } from "./places";
import { saveJSON } from "./save";

type Props = { id: string; expected: number; onClose: () => void };

/** expected is how many calls were counted before; 0 = that is not known any more. */
export function Erasure({ id, expected, onClose }: Props) {
  const queries = useQueryClient();
  const one = useQuery({
    queryKey: ["erasures", "one", id], enabled: id !== "", retry: false,
    queryFn: () => got(api.GET("/api/v1/privacy/erasures/{id}", { params: { path: { id } } })),
    refetchInterval: (q) => (q.state.data?.state === "done" ? false : 1_000),
  });
  const done = one.data?.state === "done";
  useEffect(() => { if (done) void queries.invalidateQueries({ queryKey: ["erasures"], exact: true }); }, [done, queries]);
  return (
    <Drawer opened={id !== ""} onClose={onClose} position="right" size="min(740px, 100vw)" title={done ? "Receipt of an erasure" : "Erasure"} closeButtonProps={{ "aria-label": "Close" }}>
      {one.isError ? <Failure error={one.error} retry={() => void one.refetch()} /> : !one.data ? <Waiting rows={6} height={32} /> : (
        <Stack gap="md">
          {one.data.state === "done" ? <Done of={one.data} /> : <UnderWay of={one.data} expected={expected} />}
          <Counts of={one.data} />
          <Facts of={one.data} />
        </Stack>
      )}
    </Drawer>
  );
}

function UnderWay({ of: e, expected }: { of: One; expected: number }) {
  const steps = e.kind === "keys" ? shredding : ofUser;
  const now = steps.findIndex(([step]) => step === e.step);
  const part = e.step === "entries" && expected > 0 ? Math.min(1, (e.counts.entries ?? 0) / expected) : 0;
  const share = now < 0 ? 0 : (now + part) / steps.length;
  const [, word] = stateOf(e);
  return (
    <Box>
      <Text fw={600} mb={6} role="status">{now < 0 ? "It is about to begin." : `${steps[now]![1]}: ${steps[now]![2]}`}{e.step === "entries" && expected > 0 && ` ${count(e.counts.entries ?? 0)} of ${count(expected)}.`}</Text>
      <Progress value={share * 100} size="md" aria-label="How far the erasure is" animated={!e.error} />
      <Group gap={6} mt="sm" role="list" aria-label="Steps">
        {steps.map(([step, label, says], i) => <div key={step} role="listitem" className="stage" data-past={i < now || undefined} data-now={i === now || undefined} title={says}>{label}<span>{i < now ? "done" : i === now ? word : "to do"}</span></div>)}
      </Group>
      {e.error && <Alert mt="sm" color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title="It could not go on, and is tried again every 15 s"><Text size="sm" className="wrap">{e.error}</Text></Alert>}
      <Text size="sm" c="dimmed" mt="sm">It goes on in the gateway, also when this page is closed or the gateway is restarted.</Text>
    </Box>
  );
}

function Done({ of: e }: { of: One }) {
  const took = e.finished ? (Date.parse(e.finished) - Date.parse(e.created)) / 1000 : 0;
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap" align="flex-start">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        {e.genuine === false ? <IconCircleX size={28} stroke={1.6} color="var(--mantine-color-red-text)" /> : <IconCircleCheck size={28} stroke={1.6} color="var(--mantine-color-green-text)" />}
        <Box>
          <Group gap={6}><Text fw={600} size="lg">{e.genuine === false ? "This receipt was altered" : e.kind === "keys" ? "Keys destroyed" : "Erased"}</Text>{e.genuine && <Tag tone="accent">genuine</Tag>}<Info text="Hash and signature belong to what the receipt says: the hash is over all of it, and the signature seals the hash under the gateway's data keys." /></Group>
          <Text size="sm" c="dimmed">{e.genuine === null ? "The data keys are not at hand, so that its signature cannot be verified here. " : ""}{took < 1 ? "It took less than a second." : `It took ${span(took)}.`}</Text>
        </Box>
      </Group>
      <Button variant="default" leftSection={<IconDownload size={16} />} onClick={() => saveJSON(`${e.id}.json`, e)} style={{ flex: "none" }}>Download</Button>
    </Group>
  );
}

function Counts({ of: e }: { of: One }) {
  const keys = e.kind === "keys";
  const rows = rowsOf(e.counts, keys);
  if (rows.length === 0) return null;
  return (
    <table className="rows" aria-label={keys ? "What the keys opened" : "What was erased"}>
      <thead><tr><th scope="col">{keys ? "What the keys opened" : e.state === "done" ? "Erased" : "Erased so far"}</th><th scope="col">What became of it</th></tr></thead>
      <tbody>{rows.map((r) => <tr key={r.place}><td className="nowrap"><b>{r.label}</b></td><td>{r.becomes}</td></tr>)}</tbody>
    </table>
  );
}

function Facts({ of: e }: { of: One }) {
  return (
    <Box>
      <table className="rows facts" aria-label="Facts">
        <tbody>
          <Fact name="Receipt"><Typed text={e.id} label="Copy the receipt's id" /></Fact>
          {e.user && <Fact name="User">{e.user} <Text span size="xs" c="dimmed">the name goes with the last step</Text></Fact>}
          <Fact name="Workspace">{e.workspace || "all"}</Fact>
          <Fact name="Asked for">{at(e.created)}, by {e.by}</Fact>
          {e.finished && <Fact name="Finished">{at(e.finished)}</Fact>}
          {e.user_hash && <Fact name="Hash of the user"><Typed text={e.user_hash} label="Copy the hash of the user" /></Fact>}
          {e.hash && <Fact name="Hash"><Typed text={e.hash} label="Copy the hash" /></Fact>}
          {e.signature && <Fact name="Signature"><Typed text={e.signature} label="Copy the signature" /></Fact>}
        </tbody>
      </table>
      {e.user_hash && <Whose of={e} />}
    </Box>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => <tr><th scope="row" style={{ width: 124, verticalAlign: "top" }}>{name}</th><td>{children}</td></tr>;

const Typed = ({ text, label }: { text: string; label: string }) => <Group gap={4} wrap="nowrap" align="flex-start"><Code className="lines">{text}</Code><Copy text={text} label={label} /></Group>;

/** The hash that a receipt has in the place of a user. */
async function hashOf(id: string, user: string): Promise<string> {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`sluice erasure\0${id}\0${user}`));
  return [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/** Tells whether a receipt is a user's, for who knows his name. It is worked out in the browser. */
function Whose({ of: e }: { of: One }) {
  const [user, setUser] = useState("");
  const [same, setSame] = useState<boolean | null>(null);
  if (!globalThis.crypto?.subtle) return null; // a page that came over plain HTTP has none
  return (
    <form onSubmit={(x) => { x.preventDefault(); void hashOf(e.id, user).then((h) => setSame(h === e.user_hash)); }}>
      <Group gap="xs" align="flex-end" mt="md">
        <TextInput className="grow" label="Whose receipt is it?" description="The name is compared in this browser, and sent nowhere." autoComplete="off" spellCheck={false} value={user} onChange={(x) => { setUser(x.currentTarget.value); setSame(null); }} />
        <Button type="submit" variant="default" disabled={!user}>Compare</Button>
      </Group>
      <Text size="sm" mt={6} mih={22} role="status">{same === null ? "" : same ? <Group gap={4} component="span"><IconCheck size={16} aria-hidden /> It is the receipt of {user}.</Group> : `It is not the receipt of ${user}.`}</Text>
    </form>
  );
}
