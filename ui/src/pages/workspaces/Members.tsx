// Who has which role in a workspace.
import { ActionIcon, Alert, Button, Group, Select, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { IconTrash, IconUsers } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAuth } from "../../api/session";
import { useAct } from "../../lib/act";
import { useMay } from "../../lib/may";
import { Named } from "../../parts/Named";
import { Failure, Info, Tag, Time, Waiting } from "../../parts/parts";

type Member = Schemas["Member"];
type Role = "owner" | "editor" | "viewer";

const roles = [{ value: "viewer", label: "viewer" }, { value: "editor", label: "editor" }, { value: "owner", label: "owner" }];

export function Members({ workspace, owner }: { workspace: string; owner: boolean }) {
  const { who } = useAuth();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const members = useInfiniteQuery({
    queryKey: ["members", workspace],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/members", { params: { query: { workspace, limit: "100", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  const put = useAct((m: { user: string; role: Role }) => got(api.PUT("/api/v1/members/{workspace}/{user}", { params: { path: { workspace, user: m.user } }, body: { role: m.role } })), ["members"], (m) => `${m.email} is ${m.role} now.`);
  const remove = useAct((m: Member) => got(api.DELETE("/api/v1/members/{workspace}/{user}", { params: { path: { workspace, user: m.user } } })), ["members"], (m) => `${m.email} is no member any more.`);
  const rows = members.data?.pages.flatMap((p) => p.data) ?? [];
  return (
    <section aria-label="Members">
      <Group gap={4} mb="xs"><Text fw={600} size="sm">Members</Text><Info text="Viewers see; editors create and change keys and purge the cache; owners also manage members, budgets’ raises, credentials, and delete calls." /></Group>
      {owner && <Add put={(user, role, done) => put.mutate({ user, role }, { onSuccess: done })} busy={put.isPending} />}
      {members.isError ? <Failure error={members.error} /> : !members.data ? <Waiting rows={3} /> : rows.length === 0 ? <Text size="sm" c="dimmed" py="sm"><IconUsers size={14} /> It has no members: only system admins see it.</Text> : (
        <Stack gap={0}>
          {rows.map((m) => (
            <Group key={m.user} className="section-line" py={6} justify="space-between" wrap="nowrap">
              <Text size="sm" truncate>{m.email}{who?.user?.id === m.user && <Text span c="dimmed"> (you)</Text>}<Text span size="xs" c="dimmed"> · since <Time value={m.created} /></Text></Text>
              {owner ? (
                <Group gap={4} wrap="nowrap">
                  <Select size="xs" w={104} aria-label={`Role of ${m.email}`} allowDeselect={false} data={roles} value={m.role} onChange={(v) => v && v !== m.role && put.mutate({ user: m.user, role: v as Role })} />
                  <Tooltip label="End the membership" withArrow><ActionIcon variant="subtle" color="gray" aria-label={`Remove ${m.email}`} onClick={() => setLeaving(m)}><IconTrash size={15} /></ActionIcon></Tooltip>
                </Group>
              ) : <Tag>{m.role}</Tag>}
            </Group>
          ))}
          {members.hasNextPage && <Button mt="xs" size="xs" variant="default" onClick={() => void members.fetchNextPage()}>Show older members</Button>}
        </Stack>
      )}
      <Named name={leaving?.email ?? null} verb="Remove" busy={remove.isPending} onClose={() => setLeaving(null)} go={() => leaving && remove.mutate(leaving, { onSuccess: () => setLeaving(null) })} loses={[`The role ${leaving?.role ?? ""} in ${workspace}: keys, calls and figures of it are out of sight from the next request on.`]}>
        The user and what he or she made stay.
      </Named>
    </section>
  );
}

function Add({ put, busy }: { put: (user: string, role: Role, done: () => void) => void; busy: boolean }) {
  const may = useMay();
  const [form, setForm] = useState<{ email: string; role: Role }>({ email: "", role: "viewer" });
  const users = useQuery({ queryKey: ["users", "all"], queryFn: () => got(api.GET("/api/v1/users", { params: { query: { limit: "500" } } })), enabled: may.admin });
  const submit = (e: FormEvent) => { e.preventDefault(); if (form.email) put(form.email.trim(), form.role, () => setForm({ email: "", role: "viewer" })); };
  return (
    <form onSubmit={submit}>
      <Group gap="xs" mb="sm" align="flex-end" wrap="nowrap">
        {may.admin ? (
          <Select size="xs" className="grow" label="Add a member" placeholder="Whom" searchable clearable nothingFoundMessage="Nobody is called so: make the user first" data={users.data?.data.map((u) => u.email) ?? []} value={form.email || null} onChange={(v) => setForm({ ...form, email: v ?? "" })} />
        ) : (
          <TextInput size="xs" className="grow" label="Add a member" placeholder="ann@example.com" value={form.email} onChange={(e) => setForm({ ...form, email: e.currentTarget.value })} />
        )}
        <Select size="xs" w={104} aria-label="Role of the new member" allowDeselect={false} data={roles} value={form.role} onChange={(v) => setForm({ ...form, role: (v ?? "viewer") as Role })} />
        <Button size="xs" type="submit" style={{ flex: "none" }} disabled={!form.email} loading={busy}>Add</Button>
      </Group>
      {may.admin && users.data?.data.length === 0 && <Alert variant="light" mb="sm">There are no users yet: make some under Users, or let single sign-on make them.</Alert>}
    </form>
  );
}
