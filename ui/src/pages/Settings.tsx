import { Alert, Box, Button, Grid, Group, PasswordInput, SegmentedControl, Stack, Table, Text, TextInput, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, got, setCSRF } from "../api/client";
import { useAuth } from "../api/session";
import { useAct } from "../lib/act";
import { at, bytes, count, span, zone } from "../lib/format";
import { PageTitle, Panel, Snippet, Time, Waiting } from "../parts/parts";
import { useDataPlane } from "../parts/serve";

export default function Settings() {
  const { who } = useAuth();
  return (
    <>
      <PageTitle title="Settings" says="This gateway, this browser, and who is signed in." />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 6 }}><Stack gap="md"><Appearance /><You /></Stack></Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}><Stack gap="md">{who?.admin && <About />}{who?.admin && <People />}</Stack></Grid.Col>
      </Grid>
    </>
  );
}

function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return <Table><Table.Tbody>{rows.map(([k, v]) => <Table.Tr key={k}><Table.Th c="dimmed" fw={500} w="40%">{k}</Table.Th><Table.Td>{v}</Table.Td></Table.Tr>)}</Table.Tbody></Table>;
}

function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Panel title="Appearance" says="Kept in this browser.">
      <Group justify="space-between"><Text size="sm">Theme</Text><SegmentedControl size="xs" aria-label="Theme" data={[{ value: "light", label: "Light" }, { value: "dark", label: "Dark" }, { value: "auto", label: "As the system" }]} value={colorScheme} onChange={(v) => setColorScheme(v as "light" | "dark" | "auto")} /></Group>
      <Group justify="space-between" mt="sm"><Text size="sm">Times are shown in</Text><Text size="sm" c="dimmed">{zone}</Text></Group>
    </Panel>
  );
}

function You() {
  const { who, signOut } = useAuth();
  if (!who) return null;
  return (
    <Panel title="Signed in" right={<Button size="xs" variant="default" onClick={() => void signOut()}>Sign out</Button>}>
      <Facts rows={[["Who", who.name], ["E-mail", who.user?.email ?? "–"], ["Rights", who.admin ? "admin: everything, everywhere" : who.workspaces.map((w) => `${w.role} of ${w.workspace}`).join(", ") || "none"], ["Until", who.expires ? at(who.expires) : "this tab closes"]]} />
      {who.user && who.csrf && <Password />}
    </Panel>
  );
}

function Password() {
  const blank = { current: "", fresh: "" };
  const [form, setForm] = useState(blank);
  const act = useAct(() => got(api.POST("/api/v1/auth/password", { body: { current: form.current, new: form.fresh } })), [], (s) => { setCSRF(s.csrf ?? ""); return "The password is changed; all other sessions have ended."; });
  const submit = (e: FormEvent) => { e.preventDefault(); act.mutate(undefined, { onSuccess: () => setForm(blank) }); };
  return (
    <form onSubmit={submit}><Stack gap="xs" mt="md"><Text size="sm" fw={600}>Another password</Text>
      <PasswordInput size="xs" label="Current password" autoComplete="current-password" required value={form.current} onChange={(e) => setForm({ ...form, current: e.currentTarget.value })} visibilityToggleButtonProps={{ "aria-label": "Show" }} />
      <PasswordInput size="xs" label="New password" description="At least 10 characters." autoComplete="new-password" required minLength={10} value={form.fresh} onChange={(e) => setForm({ ...form, fresh: e.currentTarget.value })} visibilityToggleButtonProps={{ "aria-label": "Show" }} />
      <Group justify="flex-end"><Button type="submit" size="xs" loading={act.isPending}>Change</Button></Group></Stack></form>
  );
}

function About() {
  const base = useDataPlane();
  const health = useQuery({ queryKey: ["health"], queryFn: () => got(api.GET("/api/v1/health")), refetchInterval: 10_000 });
  const h = health.data;
  return (
    <Panel title="This gateway" says="The node that serves this page.">
      {!h ? <Waiting rows={4} height={24} /> : (
        <>
          <Facts rows={[["Version", h.version], ["State", h.status === "ok" ? "ok" : `degraded: ${h.problems.join("; ")}`], ["Running for", <span title={at(h.started)} key="t">{span(h.uptime_s)}</span>], ["Calls in flight", count(h.in_flight)], ["Store", h.store.ok ? "answers" : "does not answer"], ["Waiting for the store", `${count(h.spool.depth)} entries, ${bytes(h.spool.bytes)}`], ["Entries the store refused", count(h.spool.bad)]]} />
          <Text size="sm" mt="md" mb={4}>Applications use</Text>
          <Snippet text={`${base}/v1`} label="Copy the base URL" />
        </>
      )}
    </Panel>
  );
}

function People() {
  const { who } = useAuth();
  const users = useQuery({ queryKey: ["users"], queryFn: () => got(api.GET("/api/v1/users", { params: { query: { limit: "50" } } })) });
  const none = users.data?.data.length === 0;
  return (
    <Panel title="People" says="Who may sign in here.">
      {!users.data ? <Waiting rows={2} /> : none ? <FirstUser /> : (
        <Box className="scroll"><table className="rows"><thead><tr><th scope="col">Name</th><th scope="col">E-mail</th><th scope="col">Rights</th><th scope="col">Since</th></tr></thead><tbody>
          {users.data.data.map((u) => <tr key={u.id}><td>{u.name}{u.id === who?.user?.id && " (you)"}</td><td>{u.email}</td><td>{u.disabled ? "switched off" : u.admin ? "admin" : "member"}</td><td><Time value={u.created} /></td></tr>)}
        </tbody></table></Box>
      )}
    </Panel>
  );
}

function FirstUser() {
  const [form, setForm] = useState({ name: "", email: "", password: "" });
  const act = useAct(() => got(api.POST("/api/v1/auth/setup", { body: form })), ["users"], (u) => `${u.email} can sign in now, as an admin.`);
  return (
    <form onSubmit={(e) => { e.preventDefault(); act.mutate(undefined); }}>
      <Stack gap="xs">
        <Alert variant="light">Nobody has a password yet. Make the first user, an admin, so that the admin token can be put away.</Alert>
        <TextInput size="xs" label="Name" value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} />
        <TextInput size="xs" label="E-mail" type="email" required value={form.email} onChange={(e) => setForm({ ...form, email: e.currentTarget.value })} />
        <PasswordInput size="xs" label="Password" description="At least 10 characters." required minLength={10} autoComplete="new-password" value={form.password} onChange={(e) => setForm({ ...form, password: e.currentTarget.value })} visibilityToggleButtonProps={{ "aria-label": "Show" }} />
        <Group justify="flex-end"><Button size="xs" type="submit" loading={act.isPending}>Make the first user</Button></Group>
      </Stack>
    </form>
  );
}
