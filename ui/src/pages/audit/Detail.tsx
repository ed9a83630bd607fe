// One event: who, what, from where, and each field before and after.
import { Box, Code, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, got } from "../../api/client";
import { at } from "../../lib/format";
import { Copy, Failure, Goto, Waiting } from "../../parts/parts";
import { type Event, Outcome } from "../Audit";

type Change = { path: string; before: unknown; after: unknown };

/** What a verb says to people. */
const kinds: Record<string, string> = { user: "a person", token: "an API token", cli: "the command line on the store", file: "a file", sluice: "Sluice itself", unknown: "not known: nothing was proved" };

export function Detail({ seq }: { seq: string }) {
  const one = useQuery({ queryKey: ["audit", "event", seq], queryFn: () => got(api.GET("/api/v1/audit/{seq}", { params: { path: { seq } } })) });
  if (one.isError) return <Failure error={one.error} retry={() => void one.refetch()} />;
  if (!one.data) return <Waiting rows={8} height={28} />;
  const e = one.data as Event;
  const changes = (e.changes ?? []) as unknown as Change[];
  return (
    <Stack gap="md">
      <Group gap="xs"><Text fw={600} size="lg">{e.action}</Text><Outcome e={e} /></Group>
      <table className="rows facts" aria-label="Facts">
        <tbody>
          <Fact name="When">{at(e.time)}</Fact>
          <Fact name="Who">{e.actor.name || "–"} <Text span c="dimmed" inherit>{[e.actor.kind !== "admin_token" && (kinds[e.actor.kind] ?? e.actor.kind), e.actor.role].filter(Boolean).join(", ")}</Text></Fact>
          <Fact name="To">{e.object.name || e.object.id || "–"} {e.object.name && e.object.id && e.object.id.replaceAll("_", " ") !== e.object.name && <Text span c="dimmed" inherit>{e.object.id}</Text>}{e.action.startsWith("entry.") && e.object.id && <> <Goto to="/logs" extra={{ call: e.object.id }}>Open the call</Goto></>}</Fact>
          <Fact name="Workspace">{e.workspace || "of the whole system"}</Fact>
          <Fact name="From">{e.ip || "the machine itself"}{e.user_agent && <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>{e.user_agent}</Text>}</Fact>
          <Fact name="Request"><Group gap={4} wrap="nowrap"><Text inherit style={{ overflowWrap: "anywhere" }}>{e.request_id || "–"}</Text>{e.request_id && <Copy text={e.request_id} label="Copy the request's id" />}</Group></Fact>
        </tbody>
      </table>
      <Box>
        <Text fw={600} size="sm" mb={4}>What changed</Text>
        {changes.length === 0 ? <Text size="sm" c="dimmed">{e.outcome === "ok" ? "No field of a record." : "Nothing."}</Text> : (
          <Box className="scroll">
            <table className="rows" aria-label="Changes">
              <thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
              <tbody>{changes.map((c) => <tr key={c.path}><td className="nowrap">{c.path}</td><td><Value v={c.before} /></td><td><Value v={c.after} /></td></tr>)}</tbody>
            </table>
          </Box>
        )}
      </Box>
      <Box>
        <Text fw={600} size="sm" mb={4}>Chain</Text>
        <Text size="xs" c="dimmed">This event</Text>
        <Group gap={4} wrap="nowrap"><Code style={{ overflowWrap: "anywhere" }}>{e.hash}</Code><Copy text={e.hash} label="Copy the hash" /></Group>
        <Text size="xs" c="dimmed" mt={6}>The one before</Text>
        <Code style={{ overflowWrap: "anywhere" }}>{e.prev_hash}</Code>
      </Box>
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <tr><th scope="row" style={{ width: 100, verticalAlign: "top" }}><Text size="sm" c="dimmed">{name}</Text></th><td><Box fz="sm">{children}</Box></td></tr>;
}

function Value({ v }: { v: unknown }) {
  if (v === null || v === undefined) return <Text span c="dimmed" size="sm">–</Text>;
  return <Code style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{typeof v === "string" ? v : JSON.stringify(v)}</Code>;
}
