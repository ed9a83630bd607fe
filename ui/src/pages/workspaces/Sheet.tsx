// One workspace: its name and regions, its members, and its end.
import { Anchor, Button, Divider, Drawer, Group, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { span } from "../../lib/format";
import { useMay } from "../../lib/may";
import { Named } from "../../parts/Named";
import { Failure, Goto, Waiting } from "../../parts/parts";
import { Members } from "./Members";

type Workspace = Schemas["Workspace"];
type Contents = Schemas["WorkspaceContents"];

export function WorkspaceSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const one = useQuery({ queryKey: ["workspaces", "one", id], queryFn: () => got(api.GET("/api/v1/workspaces/{id}", { params: { path: { id } } })), enabled: id !== "", retry: false });
  return (
    <Drawer opened={id !== ""} onClose={onClose} position="right" size="lg" title={one.data?.name ?? "Workspace"} closeButtonProps={{ "aria-label": "Close" }}>
      {one.isError ? <Failure error={one.error} /> : !one.data ? <Waiting /> : <Sheet of={one.data} onClose={onClose} />}
    </Drawer>
  );
}

function Sheet({ of, onClose }: { of: Workspace; onClose: () => void }) {
  const may = useMay();
  const owner = may.own(of.id);
  return (
    <Stack>
      <Text size="sm" c="dimmed" component="div">id <span className="typed">{of.id}</span> · <Goto to="/keys" extra={{ workspace: of.id }}>its keys</Goto> · <Goto to="/logs" extra={{ workspace: of.id }}>its calls</Goto> · <Goto to="/costs" extra={{ workspace: of.id }}>its costs</Goto></Text>
      <Text size="sm" component="div">It keeps its calls {of.retain_s ? <b>for {span(of.retain_s)}</b> : "as long as its gateways do"}. <Goto to="/privacy">Privacy</Goto></Text>
      <Change key={`${of.name} ${of.regions.join()}`} of={of} locked={!owner} />
      <Divider />
      <Members workspace={of.id} owner={owner} />
      {may.admin && of.id !== "default" && <><Divider /><Delete of={of} onClose={onClose} /></>}
    </Stack>
  );
}

function Change({ of, locked }: { of: Workspace; locked: boolean }) {
  const [form, setForm] = useState({ name: of.name, regions: of.regions });
  const save = useAct(() => got(api.PATCH("/api/v1/workspaces/{id}", { params: { path: { id: of.id } }, body: { name: form.name.trim(), regions: form.regions } })), ["workspaces"], () => "The workspace is changed.");
  const same = form.name === of.name && form.regions.join() === of.regions.join();
  return (
    <form onSubmit={(e) => { e.preventDefault(); save.mutate(undefined); }}>
      <Stack gap="sm">
        <TextInput label="Name" required disabled={locked} value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} />
        <TagsInput label="Regions" description="Where its calls may be served; anywhere unless given. Targets of unknown region are not used then." disabled={locked} placeholder={form.regions.length ? "" : "eu"} value={form.regions} onChange={(regions) => setForm({ ...form, regions })} acceptValueOnBlur />
        {locked ? <Text size="xs" c="dimmed">Owners of the workspace change this.</Text> : <Group justify="flex-end"><Button type="submit" size="xs" disabled={same} loading={save.isPending}>Save</Button></Group>}
      </Stack>
    </form>
  );
}

/** Deletes all calls of a workspace, in as many requests as it takes, and says how many they were. */
async function deleteCalls(workspace: string): Promise<number> {
  for (let all = 0; ; ) {
    const { deleted, warning } = await got(api.DELETE("/api/v1/entries", { params: { query: { workspace } } }));
    all += deleted;
    if (!warning) return all;
    if (deleted === 0) throw new Error(warning);
  }
}

const many = (n: number, what: string) => `${n >= 1000 ? "1,000 or more" : n} ${what}${n === 1 ? "" : "s"}`;

function Delete({ of, onClose }: { of: Workspace; onClose: () => void }) {
  const [asking, setAsking] = useState<"" | "workspace" | "calls">("");
  const contents = useQuery({ queryKey: ["workspaces", "contents", of.id], queryFn: () => got(api.GET("/api/v1/workspaces/{id}/contents", { params: { path: { id: of.id } } })), enabled: asking !== "" });
  const act = useAct(() => got(api.DELETE("/api/v1/workspaces/{id}", { params: { path: { id: of.id } } })), ["workspaces"], (w) => `The workspace ${w.name} is deleted.`);
  const calls = useAct(() => deleteCalls(of.id), ["workspaces", "entries"], (n) => `${many(n, "call")} deleted.`);
  useEffect(() => { if (asking) void contents.refetch(); }, [asking]); // eslint-disable-line
  const c = contents.data;
  const kept = c ? keeps(c) : [];
  return (
    <Group justify="space-between">
      <Text size="sm" c="dimmed">Deleting it cannot be undone.</Text>
      <Button variant="light" color="red" onClick={() => setAsking("workspace")}>Delete…</Button>
      <Named name={asking === "workspace" ? of.name : null} verb="Delete" busy={act.isPending} disabled={!c || kept.length > 0} onClose={() => setAsking("")} loses={c ? (kept.length ? kept : loses(c)) : []} go={() => act.mutate(undefined, { onSuccess: () => { setAsking(""); onClose(); } })}>
        {!c ? "Looking at what it holds…" : kept.length ? "It cannot be deleted while it has these:" : "These are deleted with it:"}
      </Named>
      <Named name={asking === "calls" ? of.name : null} verb="Delete" title={`Delete the calls of ${of.name}`} busy={calls.isPending} onClose={() => setAsking("workspace")} loses={c ? [`${many(c.entries, "recorded call")} with their attempts, feedback, and what was said in them`, "their words in the search"] : []} go={() => calls.mutate(undefined, { onSuccess: () => setAsking("workspace") })}>
        This cannot be undone. Figures of the overview, costs and budgets stay. What is lost:
      </Named>
    </Group>
  );

  function keeps(c: Contents): ReactNode[] {
    const out: ReactNode[] = [];
    if (c.keys) out.push(<>{many(c.keys, "key")} that {c.keys === 1 ? "is" : "are"} valid: <Goto to="/keys" extra={{ workspace: of.id }}>revoke them</Goto></>);
    if (c.credentials) out.push(<>{many(c.credentials, "credential")} of providers: <Goto to="/providers">delete them</Goto></>);
    if (c.entries) out.push(<>{many(c.entries, "recorded call")}: <Goto to="/logs" extra={{ workspace: of.id, range: "30d" }}>look at them</Goto>, wait for retention, or <Anchor component="button" type="button" size="sm" onClick={() => setAsking("calls")}>delete them…</Anchor></>);
    return out;
  }
}

function loses(c: Contents): string[] {
  const parts: [number, string][] = [[c.members, "membership"], [c.revoked_keys, "revoked key"], [c.tokens, "API token"], [c.raises, "raise"], [c.alerts, "alert"]];
  const out = parts.filter(([n]) => n > 0).map(([n, what]) => many(n, what));
  return out.length ? out : ["nothing but its name and regions"];
}
