// Making the first user, where only the admin token opens this page yet.
import { Alert, Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../../api/client";
import { useAct } from "../../lib/act";
import { Panel } from "../../parts/parts";

export function FirstUser() {
  const [form, setForm] = useState({ name: "", email: "", password: "" });
  const users = useQuery({ queryKey: ["users", "any"], queryFn: () => got(api.GET("/api/v1/users", { params: { query: { limit: "1" } } })) });
  const act = useAct(() => got(api.POST("/api/v1/auth/setup", { body: form })), ["users"], (u) => `${u.email} can sign in now, as an admin.`);
  if (users.data?.data.length !== 0) return null;
  return (
    <Panel title="People" says="Who may sign in here.">
      <form onSubmit={(e) => { e.preventDefault(); act.mutate(undefined); }}>
        <Stack gap="xs">
          <Alert variant="light">Nobody has a password yet. Make the first user, an admin, so that the admin token can be put away.</Alert>
          <TextInput size="xs" label="Name" value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} />
          <TextInput size="xs" label="E-mail" type="email" required value={form.email} onChange={(e) => setForm({ ...form, email: e.currentTarget.value })} />
          <PasswordInput size="xs" label="Password" description="At least 10 characters." required minLength={10} autoComplete="new-password" value={form.password} onChange={(e) => setForm({ ...form, password: e.currentTarget.value })} visibilityToggleButtonProps={{ "aria-label": "Show" }} />
          <Group justify="flex-end"><Button size="xs" type="submit" loading={act.isPending}>Make the first user</Button></Group>
        </Stack>
      </form>
    </Panel>
  );
}
