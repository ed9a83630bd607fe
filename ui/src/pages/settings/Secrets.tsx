// Secrets that the configuration names, vendors' credentials, and the keys that seal them.
import { Alert, Box, Button, Code, Grid, Group, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { Named } from "../../parts/Named";
import { Failure, Goto, Panel, Snippet, Tag, Time, Waiting } from "../../parts/parts";

type Secret = Schemas["Secret"];

export function Secrets() {
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 7 }}><Stack gap="md"><Kept /><Credentials /></Stack></Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}><Keys /></Grid.Col>
    </Grid>
  );
}

function Kept() {
  const [setting, setSetting] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<Secret | null>(null);
  const secrets = useQuery({ queryKey: ["secrets"], queryFn: () => got(api.GET("/api/v1/secrets")), retry: false });
  const remove = useAct((s: Secret) => got(api.DELETE("/api/v1/secrets/{name}", { params: { path: { name: s.name } } })), ["secrets"], () => "The secret is deleted.");
  const rows = secrets.data?.data ?? [];
  return (
    <Panel title="Secrets" says="Sealed in the store and never shown. The configuration refers to one as secret:NAME; a change is in force at once." right={<Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setSetting("")}>Keep a secret</Button>}>
      {secrets.isError ? <Failure error={secrets.error} retry={() => void secrets.refetch()} /> : !secrets.data ? <Waiting rows={3} height={36} /> : rows.length === 0 ? <Text size="sm" c="dimmed">None yet. Keep a vendor's key here, and write <Code>api_key: secret:NAME</Code> in the configuration, so that it stands in no file.</Text> : (
        <Box className="scroll">
          <table className="rows" aria-label="Secrets">
            <thead><tr><th scope="col">Name</th><th scope="col">Use</th><th scope="col">Changed</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
            <tbody>
              {rows.map((s) => (
                <tr key={s.name}>
                  <td className="typed">secret:{s.name}</td><td>{s.used ? <Tag tone="accent">in use</Tag> : <Text size="sm" c="dimmed">not named</Text>}</td><td className="nowrap"><Time value={s.changed} /></td>
                  <td className="n"><Group gap={6} justify="flex-end" wrap="nowrap"><Button size="compact-xs" variant="default" aria-label={`Replace ${s.name}`} onClick={() => setSetting(s.name)}>Replace…</Button><Button size="compact-xs" variant="default" disabled={s.used} title={s.used ? "The configuration names it" : undefined} aria-label={`Delete ${s.name}`} onClick={() => setDeleting(s)}>Delete…</Button></Group></td>
                </tr>
              ))}
            </tbody>
          </table>
        </Box>
      )}
      <Keep name={setting} onClose={() => setSetting(null)} />
      <Named name={deleting?.name ?? null} verb="Delete" busy={remove.isPending} onClose={() => setDeleting(null)} go={() => deleting && remove.mutate(deleting, { onSuccess: () => setDeleting(null) })} loses={["What the secret holds, for ever"]}>The configuration does not name it. What is lost:</Named>
    </Panel>
  );
}

function Keep({ name, onClose }: { name: string | null; onClose: () => void }) {
  const [form, setForm] = useState({ name: "", value: "" });
  useEffect(() => setForm({ name: name ?? "", value: "" }), [name]);
  const keep = useAct(() => got(api.PUT("/api/v1/secrets/{name}", { params: { path: { name: form.name.trim() } }, body: { value: form.value } })), ["secrets"], (s) => `secret:${s.name} is kept.`);
  const submit = (e: FormEvent) => { e.preventDefault(); keep.mutate(undefined, { onSuccess: onClose }); };
  return (
    <Modal opened={name !== null} onClose={onClose} title={name ? `Replace secret:${name}` : "Keep a secret"} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          {name ? <Text size="sm">What names it uses the new value at once; the old one is gone for ever.</Text> : <TextInput label="Name" description="As the configuration will say it: secret:NAME." required data-autofocus value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} classNames={{ input: "typed" }} />}
          <PasswordInput label="Value" required autoComplete="off" data-autofocus={name ? true : undefined} value={form.value} onChange={(e) => setForm({ ...form, value: e.currentTarget.value })} visibilityToggleButtonProps={{ "aria-label": "Show" }} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={keep.isPending}>{name ? "Replace" : "Keep"}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Credentials() {
  const all = useQuery({ queryKey: ["credentials", "count"], queryFn: () => got(api.GET("/api/v1/credentials", { params: { query: { limit: "500" } } })), retry: false });
  const by = new Map<string, number>();
  for (const c of all.data?.data ?? []) by.set(c.provider, (by.get(c.provider) ?? 0) + 1);
  return (
    <Panel title="Vendors' credentials" says="The vendors' keys that are kept in the store, beside those that the configuration names." right={<Goto to="/providers">Providers</Goto>}>
      {all.isError ? <Failure error={all.error} /> : !all.data ? <Waiting rows={1} height={30} /> : by.size === 0 ? <Text size="sm" c="dimmed">None in the store: providers use those that the configuration names. One can be added at its provider, for all or for a single workspace.</Text> : (
        <Stack gap="xs">
          <Text size="sm">{[...by].map(([p, n], i) => <span key={p}>{i > 0 && ", "}<b>{p}</b> {n}</span>)}{all.data.next && " and more"}</Text>
          <Text size="sm" c="dimmed">To rotate one without an outage: add the new one beside it, test it, then drain and delete the old one.</Text>
        </Stack>
      )}
    </Panel>
  );
}

function Keys() {
  return (
    <Panel title="The keys that seal them" says="Each secret is sealed with a data key, and that with the master key, which never stands in the store.">
      <Stack gap="xs">
        <Text size="sm">The master key is <Code>SLUICE_MASTER_KEY</Code>, or the file <Code>master.key</Code> in the data directory. Keep a copy elsewhere: without it nobody opens what is sealed, and no backup helps.</Text>
        <Text size="sm" mt="xs">Rotating happens where the key is, with the command line, while all nodes go on serving. The audit log tells of each step.</Text>
        <Text size="sm">1. A new master key in front of the old one; either opens from then on.</Text>
        <Snippet text="sluice credentials rotate-master" label="Copy the first command" />
        <Text size="sm">2. Give the new one to every node, and restart those that read it from the environment.</Text>
        <Text size="sm">3. Make the old one useless.</Text>
        <Snippet text="sluice credentials rotate-master --finish" label="Copy the second command" />
        <Text size="sm" mt="xs">If what is sealed may have been read together with its key, seal it all anew, and replace the vendors' keys themselves:</Text>
        <Snippet text="sluice credentials rotate-data" label="Copy the command" />
        <Alert variant="light">There is no call for this in the admin API on purpose: the master key never crosses the network.</Alert>
      </Stack>
    </Panel>
  );
}
