import { ActionIcon, Alert, Box, Button, Card, Code, Group, Menu, Modal, Select, SegmentedControl, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { IconDots, IconKey, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAct } from "../lib/act";
import { useParam } from "../lib/address";
import { count, usd } from "../lib/format";
import { Empty, Failure, Goto, PageTitle, Snippet, Tag, Time, type Tone, Waiting } from "../parts/parts";
import { curlFor, useDataPlane } from "../parts/serve";

type Key = Schemas["Key"];

export default function Keys() {
  const [shown, setShown] = useParam("shown");
  const [search, setSearch] = useParam("q");
  const [making, setMaking] = useParam("new");
  const [secret, setSecret] = useState<{ name: string; secret: string } | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const keys = useInfiniteQuery({
    queryKey: ["keys", "list", shown],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/keys", { params: { query: { limit: "200", ...(shown === "all" ? {} : { revoked: "false" }), ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  const all = keys.data?.pages.flatMap((p) => p.data) ?? [];
  const rows = all.filter((k) => !search || `${k.name} ${k.hint} ${k.owner} ${k.workspace} ${k.tags.join(" ")}`.toLowerCase().includes(search.toLowerCase()));
  return (
    <>
      <PageTitle title="Keys" says="What applications show to be let in. A secret is shown once; only a hash of it is kept.">
        <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking("1")}>Create a key</Button>
      </PageTitle>
      <Group mb="md" gap="xs">
        <TextInput data-search className="grow" maw={360} placeholder="Name, owner, tag  ( / )" aria-label="Search keys" value={search} onChange={(e) => setSearch(e.currentTarget.value)} />
        <SegmentedControl size="xs" aria-label="Which keys" data={[{ value: "", label: "In use" }, { value: "all", label: "Revoked too" }]} value={shown} onChange={setShown} />
      </Group>
      {keys.isError ? <Failure error={keys.error} retry={() => void keys.refetch()} /> : !keys.data ? <Waiting /> : rows.length === 0 ? (
        <Empty icon={IconKey} title={all.length ? "No key is called so" : "No keys yet"}><Group justify="center"><Button onClick={() => setMaking("1")}>Create a key</Button></Group></Empty>
      ) : <Card withBorder padding={0}><Table rows={rows} revoke={setRevoking} shown={setSecret} />{keys.hasNextPage && <Box p="sm"><Button fullWidth variant="default" loading={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>Show older keys</Button></Box>}</Card>}
      <Create opened={making === "1"} onClose={() => setMaking("")} done={setSecret} />
      <Shown secret={secret} onClose={() => setSecret(null)} />
      <Revoke target={revoking} onClose={() => setRevoking(null)} />
    </>
  );
}

function state(k: Key): { label: string; tone: Tone } {
  if (k.revoked) return { label: "revoked", tone: "error" };
  if (k.disabled) return { label: "disabled", tone: "warning" };
  if (k.expires && new Date(k.expires) < new Date()) return { label: "expired", tone: "plain" };
  return { label: "in use", tone: "accent" };
}

function Table({ rows, revoke, shown }: { rows: Key[]; revoke: (k: Key) => void; shown: (s: { name: string; secret: string }) => void }) {
  const spend = useQuery({ queryKey: ["spend", "key"], queryFn: () => got(api.GET("/api/v1/spend", { params: { query: { by: "key", from: new Date(Date.now() - 30 * 86400e3).toISOString() } } })), staleTime: 30_000 });
  const spent = new Map(spend.data?.data.map((r) => [r.by.key, r]));
  const toggle = useAct((k: Key) => (k.disabled ? got(api.POST("/api/v1/keys/{id}/enable", { params: { path: { id: k.id } } })) : got(api.POST("/api/v1/keys/{id}/disable", { params: { path: { id: k.id } } }))), ["keys"], (k) => (k.disabled ? "The key is switched off." : "The key works again."));
  const rotate = useAct((k: Key) => got(api.POST("/api/v1/keys/{id}/rotate", { params: { path: { id: k.id } }, body: { grace_seconds: 3600 } })), ["keys"]);
  return (
    <Box className="scroll">
      <table className="rows" aria-label="Keys">
        <thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">Workspace</th><th scope="col">May use</th><th scope="col" className="n">Calls, 30 days</th><th scope="col" className="n">Spend, 30 days</th><th scope="col">Created</th><th scope="col">Ends</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
        <tbody>
          {rows.map((k) => {
            const s = state(k);
            const own = spent.get(k.id);
            return (
              <tr key={k.id}>
                <td><Goto to="/logs" extra={{ key_id: k.id }}>{k.name}</Goto><Text size="xs" c="dimmed" ff="monospace">{k.hint}{k.owner && ` · ${k.owner}`}</Text></td>
                <td><Tag tone={s.tone}>{s.label}</Tag></td>
                <td>{k.workspace}</td>
                <td><Text size="sm" lineClamp={1} title={k.models.join(", ")}>{k.models.length ? k.models.join(", ") : "all models"}</Text>{k.limits.length > 0 && <Text size="xs" c="dimmed">{k.limits.length} limits of its own</Text>}</td>
                <td className="n">{count(own?.calls ?? 0)}</td><td className="n">{usd(own?.cost_usd ?? 0)}</td>
                <td><Time value={k.created} /></td><td>{k.expires ? <Time value={k.expires} /> : <Text size="sm" c="dimmed" component="span">never</Text>}</td>
                <td className="n">
                  {!k.revoked && (
                    <Menu position="bottom-end" withArrow>
                      <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${k.name}`}><IconDots size={16} /></ActionIcon></Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item onClick={() => rotate.mutate(k, { onSuccess: (made) => shown({ name: k.name, secret: made.secret }) })}>New secret, old one valid for an hour</Menu.Item>
                        <Menu.Item onClick={() => toggle.mutate(k)}>{k.disabled ? "Switch on" : "Switch off"}</Menu.Item>
                        <Menu.Divider />
                        <Menu.Item color="red" onClick={() => revoke(k)}>Revoke…</Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Box>
  );
}

function Create({ opened, onClose, done }: { opened: boolean; onClose: () => void; done: (s: { name: string; secret: string }) => void }) {
  const blank = { name: "", workspace: "", expires: "", models: [] as string[], owner: "" };
  const [form, setForm] = useState(blank);
  const workspaces = useQuery({ queryKey: ["workspaces"], queryFn: () => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "200" } } })), enabled: opened });
  const models = useQuery({ queryKey: ["models", "all"], queryFn: () => got(api.GET("/api/v1/models", { params: { query: { limit: "500" } } })), enabled: opened });
  const make = useAct(() => got(api.POST("/api/v1/keys", { body: { name: form.name.trim(), ...(form.workspace ? { workspace: form.workspace } : {}), ...(form.expires ? { expires: form.expires } : {}), ...(form.models.length ? { models: form.models } : {}), ...(form.owner ? { owner: form.owner, owner_kind: "application" as const } : {}) } })), ["keys"]);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    make.mutate(undefined, { onSuccess: (k) => { setForm(blank); onClose(); done({ name: k.name, secret: k.secret }); } });
  };
  const names = models.data?.data.map((m) => m.model) ?? [];
  return (
    <Modal opened={opened} onClose={onClose} title="Create a key" closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label="Name" description="What people call it, such as the application." required data-autofocus value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} />
          <Select label="Workspace" placeholder="default" clearable data={workspaces.data?.data.map((w) => w.id) ?? []} value={form.workspace || null} onChange={(v) => setForm({ ...form, workspace: v ?? "" })} />
          <Select label="Ends" allowDeselect={false} data={[{ value: "", label: "Never" }, { value: "1d", label: "In a day" }, { value: "30d", label: "In 30 days" }, { value: "90d", label: "In 90 days" }, { value: "365d", label: "In a year" }]} value={form.expires} onChange={(v) => setForm({ ...form, expires: v ?? "" })} />
          <TagsInput label="Models" description="Which ones it may use; * stands for anything. All unless given." placeholder={form.models.length ? "" : "sandbox/*"} data={[...new Set(names.map((n) => `${n.split("/")[0]}/*`)), ...names]} limit={30} value={form.models} onChange={(v) => setForm({ ...form, models: v })} />
          <TextInput label="Owner" description="Who answers for it." value={form.owner} onChange={(e) => setForm({ ...form, owner: e.currentTarget.value })} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={make.isPending}>Create</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Shown({ secret, onClose }: { secret: { name: string; secret: string } | null; onClose: () => void }) {
  const base = useDataPlane();
  return (
    <Modal opened={!!secret} onClose={onClose} title={`The secret of ${secret?.name ?? ""}`} size="lg" closeOnClickOutside={false} closeButtonProps={{ "aria-label": "Close" }}>
      {secret && (
        <Stack>
          <Alert color="yellow" variant="light">Copy it now: it is shown this once, and cannot be had again.</Alert>
          <Box data-testid="secret"><Snippet text={secret.secret} label="Copy the secret" /></Box>
          <Text size="sm">Try it. Every SDK works with the base URL <Code>{base}/v1</Code> and this as its API key.</Text>
          <Snippet text={curlFor(base, secret.secret)} label="Copy the command" />
          <Group justify="flex-end"><Button onClick={onClose}>I have copied it</Button></Group>
        </Stack>
      )}
    </Modal>
  );
}

function Revoke({ target, onClose }: { target: Key | null; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const act = useAct((k: Key) => got(api.DELETE("/api/v1/keys/{id}", { params: { path: { id: k.id } } })), ["keys"], () => "Revoked: it is valid nowhere any more.");
  const close = () => { setTyped(""); onClose(); };
  return (
    <Modal opened={!!target} onClose={close} title={`Revoke ${target?.name ?? ""}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); if (target) act.mutate(target, { onSuccess: close }); }}>
        <Stack>
          <Text size="sm">Every application that uses this key is refused at once, on every node. This cannot be undone; switching the key off can. What it did stays in the logs.</Text>
          <TextInput label={<>Type <b>{target?.name}</b> to go on</>} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} data-autofocus />
          <Group justify="flex-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" color="red" disabled={typed !== target?.name} loading={act.isPending}>Revoke</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
