// This browser, whoever is signed in, and the node that serves the page.
import { Button, Grid, Group, PasswordInput, SegmentedControl, Stack, Text, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, setCSRF } from "../../api/client";
import { useAuth } from "../../api/session";
import { useAct } from "../../lib/act";
import { at, bytes, count, span, zone } from "../../lib/format";
import { Failure, Goto, Panel, Snippet, Waiting } from "../../parts/parts";
import { useDataPlane } from "../../parts/serve";
import { Facts } from "./Facts";
import { FirstUser } from "./FirstUser";

export function General() {
  const { who } = useAuth();
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 6 }}><Stack gap="md"><You /><Appearance /></Stack></Grid.Col>
      {who?.admin && <Grid.Col span={{ base: 12, md: 6 }}><Stack gap="md"><FirstUser /><Node /></Stack></Grid.Col>}
    </Grid>
  );
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
      <Facts rows={[["Who", who.name], ["E-mail", who.user?.email ?? "–"], ["Rights", who.admin ? "system admin: everything, everywhere" : who.workspaces.map((w) => `${w.role} of ${w.workspace}`).join(", ") || "none"], ["Until", who.expires ? at(who.expires) : "this tab closes"]]} />
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

function Node() {
  const base = useDataPlane();
  const health = useQuery({ queryKey: ["health"], queryFn: () => got(api.GET("/api/v1/health")), refetchInterval: 10_000 });
  const h = health.data;
  return (
    <Panel title="This node" says="The process that serves this page; others of the same installation may run another version.">
      {health.isError && !h ? <Failure error={health.error} retry={() => void health.refetch()} /> : !h ? <Waiting rows={6} height={34} /> : (
        <>
          <Facts label="This node" rows={[["Version", h.version], ["Build", `${h.go}, ${h.platform}`], ["State", h.status === "ok" ? "ok" : `degraded: ${h.problems.join("; ")}`], ["Running for", <span title={at(h.started)} key="t">{span(h.uptime_s)}</span>], ["Calls in flight", count(h.in_flight)], ["Store", h.store.ok ? "answers" : "does not answer"], ["Waiting for the store", `${count(h.spool.depth)} entries, ${bytes(h.spool.bytes)}`], ["Entries the store refused", count(h.spool.bad)]]} />
          <Text size="sm" mt="md" mb={4}>Applications use (<Goto to="/gateways">other gateways</Goto>)</Text>
          <Snippet text={`${base}/v1`} label="Copy the base URL" />
        </>
      )}
    </Panel>
  );
}
