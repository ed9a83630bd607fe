// The keys of a provider: who they serve and how much of it. What they hold is never shown.
import { ActionIcon, Box, Button, Group, Menu, Modal, NumberInput, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAuth } from "../../api/session";
import { useAct } from "../../lib/act";
import { useKinds, type What } from "../../lib/provider";
import { Info, Tag, Time } from "../../parts/parts";
import type { Drained } from "../Providers";

type Kept = Schemas["Credential"];
type Editing = { kept: Kept | null };

export function Credentials({ provider: p, admin, drain, test }: { provider: Schemas["Provider"]; admin: boolean; drain: (w: Drained) => void; test: (w: What) => void }) {
  const { who } = useAuth();
  const owner = admin || who?.workspaces.some((w) => w.role === "owner") === true;
  const kept = useQuery({ queryKey: ["credentials", p.name], queryFn: () => got(api.GET("/api/v1/credentials", { params: { query: { provider: p.name, limit: "200" } } })), enabled: owner });
  const [editing, setEditing] = useState<Editing | null>(null);
  const [deleting, setDeleting] = useState<Kept | null>(null);
  const all = p.credentials.reduce((s, c) => s + c.weight, 0);
  const keptOf = (c: Schemas["CredentialName"]) => kept.data?.data.find((k) => k.name === c.name && k.workspace === c.workspace);
  return (
    <>
      {p.credentials.length === 0 ? <Text size="sm" c="dimmed" py="xs">It has none{owner ? ". If the vendor wants a key, add one: it is sealed and never shown again." : " that serves your workspaces."}</Text> : (
        <Box className="scroll">
          <table className="rows" aria-label={`Credentials of ${p.name}`}>
            <thead><tr><th scope="col">Alias</th><th scope="col">Serves</th><th scope="col">Share of the calls <Info text="By weight, among those that may serve a call. A workspace's own go first." /></th><th scope="col">Kept</th><th scope="col">Changed</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
            <tbody>
              {p.credentials.map((c) => {
                const k = keptOf(c);
                return (
                  <tr key={`${c.workspace}/${c.name}`}>
                    <td>{c.name}</td>
                    <td>{c.workspace ? <Tag>{c.workspace}</Tag> : "all workspaces"}</td>
                    <td>weight {c.weight}{p.credentials.length > 1 && !c.workspace && <Text component="span" size="xs" c="dimmed"> of {all}</Text>}</td>
                    <td>{k ? "here, sealed" : <Text size="sm" c="dimmed" component="span">in the configuration</Text>}</td>
                    <td>{k ? <Time value={k.changed ?? k.created} /> : "–"}</td>
                    <td className="n">
                      <Menu position="bottom-end" withArrow>
                        <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for the credential ${c.name}`}><IconDots size={16} /></ActionIcon></Menu.Target>
                        <Menu.Dropdown>
                          {admin && <Menu.Item onClick={() => test({ provider: p.name, credential: c.name, workspace: c.workspace || undefined })}>Test</Menu.Item>}
                          {k && owner && <Menu.Item onClick={() => setEditing({ kept: k })}>Replace the key, alias or weight…</Menu.Item>}
                          {admin && <Menu.Item onClick={() => drain({ provider: p.name, credential: c.name })}>Take out of use…</Menu.Item>}
                          {k && owner && <><Menu.Divider /><Menu.Item color="red" onClick={() => setDeleting(k)}>Delete…</Menu.Item></>}
                          {!admin && !k && <Menu.Item disabled>Only admins may change it</Menu.Item>}
                        </Menu.Dropdown>
                      </Menu>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Box>
      )}
      {owner && <Button mt="xs" size="xs" variant="default" leftSection={<IconPlus size={15} />} onClick={() => setEditing({ kept: null })}>Add a credential</Button>}
      {editing && <Edit provider={p} kept={editing.kept} admin={admin} onClose={() => setEditing(null)} />}
      {deleting && <Delete kept={deleting} last={p.credentials.length === 1} onClose={() => setDeleting(null)} />}
    </>
  );
}

function Edit({ provider, kept, admin, onClose }: { provider: Schemas["Provider"]; kept: Kept | null; admin: boolean; onClose: () => void }) {
  const { who } = useAuth();
  const kinds = useKinds();
  const fields = kinds.data?.data.find((k) => k.name === provider.kind)?.fields ?? [];
  const workspaces = useQuery({ queryKey: ["workspaces", "names"], queryFn: () => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "200" } } })), enabled: !kept });
  const owned = workspaces.data?.data.map((w) => w.id).filter((id) => admin || who?.workspaces.some((w) => w.workspace === id && w.role === "owner")) ?? [];
  const [form, setForm] = useState({ name: kept?.name ?? (provider.credentials.some((c) => c.name === "default") ? "" : "default"), workspace: kept?.workspace ?? "", weight: kept?.weight ?? 1, key: "" });
  const [parts, setParts] = useState<Record<string, string>>({});
  const given = Object.fromEntries(Object.entries(parts).filter(([, v]) => v.trim()));
  const secret = { ...(form.key ? { api_key: form.key } : {}), ...(Object.keys(given).length ? { fields: given } : {}) };
  const save = () => (kept ? got(api.PATCH("/api/v1/credentials/{id}", { params: { path: { id: kept.id } }, body: { name: form.name.trim(), weight: form.weight, ...secret } as never })) : got(api.POST("/api/v1/credentials", { body: { provider: provider.name, name: form.name.trim(), workspace: form.workspace, weight: form.weight, ...secret } as never })));
  const forget = () => { setForm((f) => ({ ...f, key: "" })); setParts({}); }; // once it is kept: the form stays until the page shows the new state
  const act = useAct(() => save().then((out) => { forget(); return out; }), ["credentials", "providers", "health"], () => (kept ? "Changed: calls from now on use it." : "Kept. Calls from now on use it."));
  return (
    <Modal opened onClose={onClose} title={kept ? `Credential ${kept.name} of ${provider.name}` : `Add a credential to ${provider.name}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); act.mutate(undefined, { onSuccess: onClose }); }}>
        <Stack>
          <TextInput label="Alias" description="What entries and callers (sluice-credential) name it by." required value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} autoComplete="off" />
          {!kept && <Select label="Serves" description="A workspace's own key serves its calls alone." data={[...(admin ? [{ value: "", label: "all workspaces" }] : []), ...owned.map((id) => ({ value: id, label: id }))]} value={form.workspace} allowDeselect={false} onChange={(v) => setForm({ ...form, workspace: v ?? "" })} />}
          <NumberInput label="Weight" description="Its share of the calls, beside the others." min={1} max={1000} allowDecimal={false} value={form.weight} onChange={(v) => setForm({ ...form, weight: Number(v) || 1 })} />
          <PasswordInput label={kept ? "New key" : "Key"} description={kept ? "The old one is used until this is saved. Left empty, it stays." : "Sealed with the master key, and never shown again."} required={!kept && fields.length === 0} value={form.key} onChange={(e) => setForm({ ...form, key: e.currentTarget.value })} autoComplete="off" visibilityToggleButtonProps={{ "aria-label": "Show" }} />
          {fields.length > 0 && <details><summary><Text size="sm" component="span">Instead of a key: its parts</Text></summary><Stack gap="xs" mt="xs">{fields.map((f) => <PasswordInput key={f} size="xs" label={f} value={parts[f] ?? ""} onChange={(e) => setParts({ ...parts, [f]: e.currentTarget.value })} autoComplete="off" visibilityToggleButtonProps={{ "aria-label": "Show" }} />)}</Stack></details>}
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={act.isPending}>{kept ? "Save" : "Add"}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Delete({ kept, last, onClose }: { kept: Kept; last: boolean; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const act = useAct(() => got(api.DELETE("/api/v1/credentials/{id}", { params: { path: { id: kept.id } } })), ["credentials", "providers"], () => "Deleted.");
  return (
    <Modal opened onClose={onClose} title={`Delete the credential ${kept.name}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); if (typed === kept.name) act.mutate(undefined, { onSuccess: onClose }); }}>
        <Stack>
          <Text size="sm">The sealed key is gone for good; it stays valid at the vendor.{last ? ` It is the last one of ${kept.provider}: its calls will fail.` : ""} Batches and files that were made with it can no longer be reached.</Text>
          <TextInput label={<>Type <b>{kept.name}</b> to go on</>} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} data-autofocus autoComplete="off" />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" color="red" disabled={typed !== kept.name} loading={act.isPending}>Delete</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
