// People who may sign in; for system admins.
import { ActionIcon, Box, Button, Card, Checkbox, Group, Menu, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { IconDots, IconPlus, IconUsers } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAuth } from "../../api/session";
import { useAct } from "../../lib/act";
import { Named } from "../../parts/Named";
import { Empty, Failure, Tag, Time, Waiting } from "../../parts/parts";

type User = Schemas["User"];

export function Users() {
  const { who } = useAuth();
  const [making, setMaking] = useState(false);
  const [deleting, setDeleting] = useState<User | null>(null);
  const [password, setPassword] = useState<User | null>(null);
  const users = useInfiniteQuery({
    queryKey: ["users", "list"],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/users", { params: { query: { limit: "50", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  const change = useAct((c: { id: string; body: Schemas["UserChange"] }) => got(api.PATCH("/api/v1/users/{id}", { params: { path: { id: c.id } }, body: c.body })), ["users"], (u) => `${u.name} is changed.`);
  const remove = useAct((u: User) => got(api.DELETE("/api/v1/users/{id}", { params: { path: { id: u.id } } })), ["users", "members"], (u) => `${u.name} is deleted.`);
  const rows = users.data?.pages.flatMap((p) => p.data) ?? [];
  const create = <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>Create a user</Button>;
  return (
    <>
      {users.isError ? <Failure error={users.error} retry={() => void users.refetch()} /> : !users.data ? <Waiting rows={5} height={44} /> : rows.length === 0 ? (
        <Empty icon={IconUsers} title="Nobody but the admin token yet"><Text ta="center" c="dimmed" mb="md">Users sign in with a password, or by single sign-on (<code>admin.oidc</code>), which makes them by itself.</Text><Group justify="center">{create}</Group></Empty>
      ) : (
        <>
          <Group justify="space-between" mb="sm"><Text size="sm" c="dimmed">A user without a role in a workspace sees nothing. Roles are given in the workspace.</Text>{create}</Group>
          <Card withBorder padding={0}>
            <Box className="scroll">
              <table className="rows" aria-label="Users">
                <thead><tr><th scope="col">Name</th><th scope="col">Rights</th><th scope="col">State</th><th scope="col">Created</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
                <tbody>
                  {rows.map((u) => {
                    const me = who?.user?.id === u.id;
                    return (
                      <tr key={u.id}>
                        <td><Text size="sm" fw={500}>{u.name}{me && <Text span c="dimmed"> (you)</Text>}</Text><Text size="xs" c="dimmed">{u.email}</Text></td>
                        <td>{u.admin ? <Tag tone="accent">system admin</Tag> : <Text size="sm" c="dimmed">by workspace</Text>}</td>
                        <td>{u.disabled ? <Tag tone="warning">may not sign in</Tag> : <Tag>may sign in</Tag>}</td>
                        <td className="nowrap"><Time value={u.created} /></td>
                        <td className="n">
                          <Menu position="bottom-end" withArrow>
                            <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${u.name}`}><IconDots size={16} /></ActionIcon></Menu.Target>
                            <Menu.Dropdown>
                              <Menu.Item onClick={() => setPassword(u)}>Set a password…</Menu.Item>
                              {me ? <Menu.Label>Nobody takes away his own rights</Menu.Label> : (
                                <>
                                  <Menu.Item onClick={() => change.mutate({ id: u.id, body: { admin: !u.admin } })}>{u.admin ? "No system admin any more" : "Make system admin"}</Menu.Item>
                                  <Menu.Item onClick={() => change.mutate({ id: u.id, body: { disabled: !u.disabled } })}>{u.disabled ? "Let sign in again" : "Keep from signing in"}</Menu.Item>
                                  <Menu.Divider />
                                  <Menu.Item color="red" onClick={() => setDeleting(u)}>Delete…</Menu.Item>
                                </>
                              )}
                            </Menu.Dropdown>
                          </Menu>
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </Box>
            {users.hasNextPage && <Group p="sm"><Button fullWidth variant="default" onClick={() => void users.fetchNextPage()}>Show older users</Button></Group>}
          </Card>
        </>
      )}
      <Create opened={making} onClose={() => setMaking(false)} />
      <Password of={password} onClose={() => setPassword(null)} />
      <Named name={deleting?.email ?? null} verb="Delete" busy={remove.isPending} onClose={() => setDeleting(null)} go={() => deleting && remove.mutate(deleting, { onSuccess: () => setDeleting(null) })} loses={["All roles in workspaces", "All sessions and API tokens, at once"]}>
        Single sign-on would make the user anew: keep somebody from signing in instead. Keys and calls stay. What is lost:
      </Named>
    </>
  );
}

function Create({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const blank = { email: "", name: "", password: "", admin: false };
  const [form, setForm] = useState(blank);
  const make = useAct(() => got(api.POST("/api/v1/users", { body: { email: form.email.trim(), name: form.name.trim(), password: form.password, admin: form.admin } })), ["users"], (u) => `${u.name} can sign in now. Give him or her a role in a workspace.`);
  const submit = (e: FormEvent) => { e.preventDefault(); make.mutate(undefined, { onSuccess: () => { setForm(blank); onClose(); } }); };
  return (
    <Modal opened={opened} onClose={onClose} title="Create a user" closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label="E-mail" type="email" required data-autofocus autoComplete="off" value={form.email} onChange={(e) => setForm({ ...form, email: e.currentTarget.value })} />
          <TextInput label="Name" autoComplete="off" value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} />
          <PasswordInput label="Password" description="At least 10 characters; without one, only single sign-on lets the user in." autoComplete="new-password" value={form.password} onChange={(e) => setForm({ ...form, password: e.currentTarget.value })} />
          <Checkbox label="System admin: sees and does everything, everywhere" checked={form.admin} onChange={(e) => setForm({ ...form, admin: e.currentTarget.checked })} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={make.isPending}>Create</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Password({ of, onClose }: { of: User | null; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const act = useAct((id: string) => got(api.PATCH("/api/v1/users/{id}", { params: { path: { id } }, body: { password } })), ["users"], () => "The password is set.");
  const close = () => { setPassword(""); onClose(); };
  return (
    <Modal opened={!!of} onClose={close} title={`A password for ${of?.name ?? ""}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); if (of) act.mutate(of.id, { onSuccess: close }); }}>
        <Stack>
          <Text size="sm">All sessions of {of?.email} end.</Text>
          <PasswordInput label="New password" description="At least 10 characters." required minLength={10} autoComplete="new-password" data-autofocus value={password} onChange={(e) => setPassword(e.currentTarget.value)} />
          <Group justify="flex-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" loading={act.isPending}>Set</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
