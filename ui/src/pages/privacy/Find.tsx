// Who is meant, what is kept of him, and what can be done with it.
import { Alert, Box, Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconDownload, IconEraser, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { count } from "../../lib/format";
import { useMay } from "../../lib/may";
import { Named } from "../../parts/Named";
import { Goto, Panel } from "../../parts/parts";
import { rowsOf } from "./places";
import { saveUser } from "./save";

type Person = { user: string; workspace: string };
type Counted = Person & { counts: Record<string, number> };

const everywhere = "*"; // no workspace has this id

/** The user's name stays out of the address: it would be kept in the browser's history. */
export function Find({ begun }: { begun: (e: Schemas["Erasure"], entries: number) => void }) {
  const [found, setFound] = useState<Counted | null>(null);
  const look = useAct(async (p: Person): Promise<Counted> => ({ ...p, counts: (await got(api.POST("/api/v1/privacy/erasures", { body: { ...p, dry_run: true } }))).counts }), []);
  return (
    <Panel title="One user's data" says="What is kept of the calls that name this user: user of their entries, as metadata, headers or the body of a call said it. It is counted first, and nothing is changed by that.">
      <Who busy={look.isPending} changed={() => setFound(null)} look={(p) => look.mutate(p, { onSuccess: setFound })} />
      {found && <Found of={found} begun={(e) => { setFound(null); begun(e, found.counts.entries ?? 0); }} />}
    </Panel>
  );
}

function useWorkspaces(): { value: string; label: string }[] {
  const may = useMay();
  const all = useQuery({ queryKey: ["workspaces", "names"], queryFn: () => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "500" } } })), staleTime: 60_000 });
  const own = (all.data?.data ?? []).filter((w) => may.own(w.id)).map((w) => ({ value: w.id, label: w.name }));
  return may.admin ? [{ value: everywhere, label: "All workspaces" }, ...own] : own;
}

function Who({ busy, changed, look }: { busy: boolean; changed: () => void; look: (p: Person) => void }) {
  const workspaces = useWorkspaces();
  const [user, setUser] = useState("");
  const [chosen, setChosen] = useState("");
  const workspace = chosen || workspaces[0]?.value || "";
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (user && workspace) look({ user, workspace: workspace === everywhere ? "" : workspace });
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="sm">
        <TextInput className="grow" maw={420} label="User" description="Exactly as calls name the user: case counts." required autoComplete="off" spellCheck={false} placeholder="ann" value={user} onChange={(e) => { setUser(e.currentTarget.value); changed(); }} />
        <Select w={220} label="Workspace" description="Whose calls are meant." allowDeselect={false} searchable data={workspaces} value={workspace} onChange={(v) => { setChosen(v ?? ""); changed(); }} />
        <Button type="submit" variant="default" leftSection={<IconSearch size={16} />} disabled={!user || !workspace} loading={busy}>Look what is kept</Button>
      </Group>
    </form>
  );
}

function Found({ of, begun }: { of: Counted; begun: (e: Schemas["Erasure"]) => void }) {
  const [asking, setAsking] = useState(false);
  const erase = useAct(() => got(api.POST("/api/v1/privacy/erasures", { body: { user: of.user, workspace: of.workspace } })), ["erasures", "entries"]);
  const save = useAct(() => saveUser(of.user, of.workspace), []);
  const rows = rowsOf(of.counts).filter((r) => r.n > 0);
  const where = of.workspace ? `the workspace ${of.workspace}` : "all workspaces";
  if (rows.length === 0) {
    return (
      <Alert mt="md" variant="light" color="gray" title={`Nothing is kept of ${of.user} in ${where}`} role="status">
        <Text size="sm">Compare with the user that the details of such a call name, in <Goto to="/logs">Logs</Goto>. A name that redaction took out is kept nowhere, and cannot be looked for.</Text>
      </Alert>
    );
  }
  return (
    <Stack gap="sm" mt="md" role="status">
      <Text fw={600}>Kept of {of.user} in {where}</Text>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">{rows.map((r) => <Box key={r.place}><Text fw={600} size="lg">{r.label}</Text><Text size="xs" c="dimmed">{r.becomes}</Text></Box>)}</SimpleGrid>
      <Group gap="xs" mt={4}>
        <Button variant="default" leftSection={<IconDownload size={16} />} loading={save.isPending} onClick={() => save.mutate(undefined)}>Download the data</Button>
        <Button variant="light" color="red" leftSection={<IconEraser size={16} />} onClick={() => setAsking(true)}>Erase…</Button>
        <Goto to="/logs" extra={{ user: of.user, ...(of.workspace ? { workspace: of.workspace } : {}), range: "30d" }}>The calls</Goto>
      </Group>
      <Text size="xs" c="dimmed">The file has a call with its bodies on each line. Who asked for it is in the audit log, and for whom only as a hash.</Text>
      <Named name={asking ? of.user : null} verb="Erase" title={`Erase the data of ${of.user}`} busy={erase.isPending} onClose={() => setAsking(false)} go={() => erase.mutate(undefined, { onSuccess: begun })} loses={[...rows.map((r) => `${r.label}: ${r.becomes}`), `answers that the cache keeps of ${of.workspace ? "this workspace" : "every workspace in which the user called"}: equal calls are made anew once`]}>
        Everything that is kept of {count(of.counts.entries ?? 0)} calls in {where} is taken away, and cannot be had again. Backups, and what exports have brought elsewhere, are not reached. What is lost:
      </Named>
    </Stack>
  );
}
