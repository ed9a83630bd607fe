// API tokens and sessions: what is there, made, shown once, and ended.
import { Alert, Box, Button, Card, Checkbox, Code, Group, Modal, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTicket } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type FormEvent, useCallback, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAuth } from "../../api/session";
import { useAct } from "../../lib/act";
import { useParams } from "../../lib/address";
import { useMay } from "../../lib/may";
import { Named } from "../../parts/Named";
import { Empty, Failure, Goto, Snippet, Tag, Time, Waiting } from "../../parts/parts";

type Token = Schemas["Token"];
type Made = Schemas["CreatedToken"];

const over = (t: Token) => t.revoked !== null || (t.expires !== null && Date.parse(t.expires) < Date.now());

export function Tokens() {
  const [params, set] = useParams();
  const sessions = params.get("of") === "sessions";
  const ended = params.get("ended") === "1";
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const [ending, setEnding] = useState<Token | null>(null);
  const all = useInfiniteQuery({
    queryKey: ["tokens", sessions],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/tokens", { params: { query: { session: String(sessions), limit: "50", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  const end = useAct((t: Token) => got(api.DELETE("/api/v1/tokens/{id}", { params: { path: { id: t.id } } })), ["tokens"], () => (sessions ? "The session has ended." : "The token opens nothing any more."));
  const rows = (all.data?.pages.flatMap((p) => p.data) ?? []).filter((t) => ended || !over(t));
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="sm">
        <Group gap="md">
          <SegmentedControl size="xs" aria-label="What to list" value={sessions ? "sessions" : "tokens"} onChange={(v) => set({ of: v === "sessions" ? v : "" })} data={[{ value: "tokens", label: "API tokens" }, { value: "sessions", label: "Sessions" }]} />
          <Checkbox size="xs" label="Ended ones of the last 30 days" checked={ended} onChange={(e) => set({ ended: e.currentTarget.checked ? "1" : "" })} />
        </Group>
        {!sessions && <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>Create a token</Button>}
      </Group>
      <Text size="sm" c="dimmed">{sessions ? "Browsers in which somebody is signed in. A session that is ended here has to sign in again, at once." : <>They open the admin API to scripts, other dashboards and the <Code>sluice</Code> command. Applications that call models use <Goto to="/keys">keys</Goto> instead.</>}</Text>
      {all.isError ? <Failure error={all.error} retry={() => void all.refetch()} /> : !all.data ? <Waiting rows={5} height={44} /> : rows.length === 0 ? (
        <Empty icon={IconTicket} title={sessions ? "No session" : "No API token"}><Text ta="center" c="dimmed">{sessions ? "Sessions begin when people sign in with a password or by single sign-on. Whoever came with a token has none." : "Create one for whatever reads or changes this gateway from outside. Its secret is shown once."}</Text></Empty>
      ) : <Table rows={rows} sessions={sessions} end={setEnding} more={all.hasNextPage ? () => void all.fetchNextPage() : undefined} />}
      <Create opened={making} onClose={() => setMaking(false)} done={setMade} />
      <Shown of={made} onClose={() => setMade(null)} />
      <Named name={ending ? ending.name || ending.id : null} verb={sessions ? "End" : "Revoke"} busy={end.isPending} onClose={() => setEnding(null)} go={() => ending && end.mutate(ending, { onSuccess: () => setEnding(null) })} loses={[sessions ? "The browser is signed out, whatever it is doing" : "Whatever uses the token is refused from its next request on"]}>
        This cannot be undone. What is lost:
      </Named>
    </Stack>
  );
}

function useUserNames(): (id: string) => string {
  const { who } = useAuth();
  const users = useQuery({ queryKey: ["users", "all"], queryFn: () => got(api.GET("/api/v1/users", { params: { query: { limit: "500" } } })), enabled: who?.admin === true, staleTime: 60_000 });
  return useCallback((id) => users.data?.data.find((u) => u.id === id)?.name ?? (who?.user?.id === id ? who.user.name : id), [users.data, who]);
}

function Table({ rows, sessions, end, more }: { rows: Token[]; sessions: boolean; end: (t: Token) => void; more?: () => void }) {
  const { who } = useAuth();
  const name = useUserNames();
  const here = (t: Token) => t.session && t.user === who?.user?.id && t.expires === who?.expires;
  return (
    <Card withBorder padding={0}>
      <Box className="scroll">
        <table className="rows" aria-label={sessions ? "Sessions" : "API tokens"}>
          <thead><tr><th scope="col">{sessions ? "Of" : "Name"}</th><th scope="col">Rights</th><th scope="col">{sessions ? "Since" : "Created"}</th><th scope="col">Ends</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
          <tbody>
            {rows.map((t) => (
              <tr key={t.id}>
                <td><Text size="sm" fw={500}>{sessions ? name(t.user) : t.name}{here(t) && <Text span c="dimmed"> (this browser)</Text>}</Text><Text size="xs" c="dimmed" className="typed">{t.id}</Text></td>
                <td>{t.admin ? <Tag tone="accent">system admin</Tag> : t.workspace ? <Tag>{t.role} of {t.workspace}</Tag> : <Text size="sm">those of {name(t.user)}</Text>}</td>
                <td className="nowrap"><Time value={t.created} /></td>
                <td className="nowrap">{t.revoked ? <><Tag tone="warning">{sessions ? "ended" : "revoked"}</Tag> <Time value={t.revoked} /></> : over(t) ? <><Tag>over</Tag> <Time value={t.expires} /></> : t.expires ? <Time value={t.expires} /> : "never"}</td>
                <td className="n">{!over(t) && <Button size="compact-xs" variant="default" aria-label={`${sessions ? "End the session" : "Revoke"} ${sessions ? t.id : t.name}`} onClick={() => end(t)}>{sessions ? "End…" : "Revoke…"}</Button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Box>
      {more && <Group p="sm"><Button fullWidth variant="default" onClick={more}>Show older ones</Button></Group>}
    </Card>
  );
}

const lives = [{ value: "30d", label: "30 days" }, { value: "90d", label: "90 days" }, { value: "365d", label: "A year" }, { value: "", label: "Never" }];
const roles = [{ value: "viewer", label: "Viewer: sees" }, { value: "editor", label: "Editor: changes keys, calls the playground" }, { value: "owner", label: "Owner: everything in the workspace" }];

function Create({ opened, onClose, done }: { opened: boolean; onClose: () => void; done: (m: Made) => void }) {
  const { who } = useAuth();
  const may = useMay();
  const workspaces = useQuery({ queryKey: ["workspaces", "names"], queryFn: () => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "500" } } })), staleTime: 60_000 });
  const kinds = [...(who?.user ? [{ value: "own", label: "Those that I have" }] : []), ...(may.own() ? [{ value: "workspace", label: "A role in one workspace" }] : []), ...(may.admin ? [{ value: "admin", label: "System admin" }] : [])];
  const owned = (workspaces.data?.data ?? []).filter((w) => may.own(w.id)).map((w) => ({ value: w.id, label: w.name }));
  const blank = { name: "", rights: "", workspace: "", role: "viewer", expires: "90d" };
  const [form, setForm] = useState(blank);
  const rights = form.rights || kinds[0]?.value || "";
  const make = useAct(() => got(api.POST("/api/v1/tokens", { body: { name: form.name.trim(), expires: form.expires, admin: rights === "admin", ...(rights === "workspace" ? { workspace: form.workspace, role: form.role } : {}) } as never })), ["tokens"]);
  const submit = (e: FormEvent) => { e.preventDefault(); make.mutate(undefined, { onSuccess: (t) => { setForm(blank); onClose(); done(t); } }); };
  return (
    <Modal opened={opened} onClose={onClose} title="Create an API token" closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label="Name" description="What uses it, so that it can be told from others." required data-autofocus value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} />
          <Select label="Rights" allowDeselect={false} data={kinds} value={rights} onChange={(v) => setForm({ ...form, rights: v ?? "" })} description={rights === "own" ? "It may do what you may, and ends when you are switched off." : rights === "workspace" ? "It belongs to the workspace, and outlives your membership." : "It sees and does everything, everywhere."} />
          {rights === "workspace" && <Group grow align="flex-start"><Select label="Workspace" placeholder="Choose one" required searchable data={owned} value={form.workspace || null} onChange={(v) => setForm({ ...form, workspace: v ?? "" })} /><Select label="Role" allowDeselect={false} data={roles} value={form.role} onChange={(v) => setForm({ ...form, role: v ?? "viewer" })} /></Group>}
          <Select label="Ends" allowDeselect={false} data={lives} value={form.expires} onChange={(v) => setForm({ ...form, expires: v ?? "" })} />
          {form.expires === "" && <Alert variant="light" color="yellow">A token without an end opens the gateway until somebody remembers to revoke it.</Alert>}
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={make.isPending} disabled={!rights || (rights === "workspace" && !form.workspace)}>Create</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Shown({ of, onClose }: { of: Made | null; onClose: () => void }) {
  return (
    <Modal opened={!!of} onClose={onClose} title={`The secret of ${of?.name ?? ""}`} size="lg" closeOnClickOutside={false} closeButtonProps={{ "aria-label": "Close" }}>
      {of && (
        <Stack>
          <Alert color="yellow" variant="light">Copy it now: it is shown this once, and cannot be had again.</Alert>
          <Box data-testid="secret"><Snippet text={of.secret} label="Copy the secret" /></Box>
          <Text size="sm">Try it:</Text>
          <Snippet text={`curl -H "Authorization: Bearer ${of.secret}" \\\n  ${location.origin}/api/v1/auth/session`} label="Copy the command" />
          <Group justify="flex-end"><Button onClick={onClose}>I have copied it</Button></Group>
        </Stack>
      )}
    </Modal>
  );
}
