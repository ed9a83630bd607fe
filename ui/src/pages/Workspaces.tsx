import "../callers.css";
import { Alert, Anchor, Box, Button, Card, Group, Modal, Stack, Tabs, TagsInput, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { api, got } from "../api/client";
import { useAct } from "../lib/act";
import { useLinkTo, useParam, useParams } from "../lib/address";
import { count, usd, zone } from "../lib/format";
import { useMay } from "../lib/may";
import { Failure, Info, PageTitle, Tag, Time, Waiting } from "../parts/parts";
import { Spark } from "../parts/Spark";
import { Users } from "./workspaces/Users";
import { WorkspaceSheet } from "./workspaces/Sheet";

export default function Workspaces() {
  const may = useMay();
  const [tab, setTab] = useParam("tab");
  const [making, setMaking] = useParam("new");
  const [open] = useParam("ws");
  const [, set] = useParams();
  return (
    <>
      <PageTitle title="Workspaces" says="What belongs to one team: keys, calls, budgets, credentials. Its members see nothing of others.">
        {may.admin ? tab !== "users" && <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking("1")}>Create a workspace</Button> : <Text size="sm" c="dimmed">System admins create workspaces and users.</Text>}
      </PageTitle>
      {may.admin ? (
        <Tabs value={tab || "workspaces"} onChange={(v) => setTab(v === "users" ? "users" : "")} keepMounted={false}>
          <Tabs.List mb="md"><Tabs.Tab value="workspaces">Workspaces</Tabs.Tab><Tabs.Tab value="users">Users</Tabs.Tab></Tabs.List>
          <Tabs.Panel value="workspaces"><List /></Tabs.Panel>
          <Tabs.Panel value="users"><Users /></Tabs.Panel>
        </Tabs>
      ) : <List />}
      <Create opened={making === "1"} onClose={() => setMaking("")} />
      <WorkspaceSheet id={open} onClose={() => set({ ws: "" })} />
    </>
  );
}

function useUse() {
  return useQuery({
    queryKey: ["analytics", "workspaces"], staleTime: 60_000,
    queryFn: () => {
      const to = new Date();
      return got(api.GET("/api/v1/analytics", { params: { query: { by: "workspace", metric: "requests,cost_usd", step: "day", top: "100", tz: zone, from: new Date(to.getTime() - 30 * 86400e3).toISOString(), to: to.toISOString() } } }));
    },
  });
}

function List() {
  const link = useLinkTo();
  const may = useMay();
  const all = useInfiniteQuery({
    queryKey: ["workspaces", "list"],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "50", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  const use = useUse();
  const by = new Map(use.data?.series.filter((s) => !s.rest).map((s) => [s.by.workspace, s]));
  if (all.isError) return <Failure error={all.error} retry={() => void all.refetch()} />;
  if (!all.data) return <Waiting rows={5} height={44} />;
  const rows = all.data.pages.flatMap((p) => p.data);
  return (
    <Card withBorder padding={0}>
      <Box className="scroll">
        <table className="rows" aria-label="Workspaces">
          <thead><tr><th scope="col">Name</th><th scope="col">Your role</th><th scope="col">Regions <Info text="Where calls of the workspace may be served; a target of unknown region is not used then." /></th><th scope="col">30 days</th><th scope="col" className="n">Calls</th><th scope="col" className="n">Spend</th><th scope="col">Created</th></tr></thead>
          <tbody>
            {rows.map((w) => {
              const own = by.get(w.id);
              return (
                <tr key={w.id}>
                  <td><Anchor component={Link} size="sm" fw={500} to={link("/workspaces", { ws: w.id })}>{w.name}</Anchor><Text size="xs" c="dimmed" className="typed">{w.id}</Text></td>
                  <td>{may.admin ? <Tag>admin</Tag> : <Tag tone="accent">{may.own(w.id) ? "owner" : may.edit(w.id) ? "editor" : "viewer"}</Tag>}</td>
                  <td>{w.regions.length ? <Group gap={4}>{w.regions.map((r) => <Tag key={r}>{r}</Tag>)}</Group> : <Text size="sm" c="dimmed">anywhere</Text>}</td>
                  <td>{own ? <Spark values={own.spans.requests ?? []} label={`${count(own.total.requests ?? 0)} calls in 30 days, by day`} /> : <Box w={96} h={22} />}</td>
                  <td className="n">{use.data ? count(own?.total.requests ?? 0) : "–"}</td><td className="n">{use.data ? usd(own?.total.cost_usd ?? 0) : "–"}</td>
                  <td className="nowrap">{new Date(w.created).getTime() > 0 ? <Time value={w.created} /> : <Text size="sm" c="dimmed">from the start</Text>}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Box>
      {all.hasNextPage && <Group p="sm"><Button fullWidth variant="default" loading={all.isFetchingNextPage} onClick={() => void all.fetchNextPage()}>Show older workspaces</Button></Group>}
    </Card>
  );
}

const idOf = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 64);

function Create({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const blank = { name: "", id: "", regions: [] as string[] };
  const [form, setForm] = useState(blank);
  const id = form.id || idOf(form.name);
  const [, set] = useParams();
  const make = useAct(() => got(api.POST("/api/v1/workspaces", { body: { id, name: form.name.trim(), regions: form.regions } })), ["workspaces"]);
  const submit = (e: FormEvent) => { e.preventDefault(); make.mutate(undefined, { onSuccess: (w) => { setForm(blank); set({ new: "", ws: w.id }); } }); };
  return (
    <Modal opened={opened} onClose={onClose} title="Create a workspace" closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label="Name" description="What people call it, such as the team." required data-autofocus value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} />
          <TextInput label="Id" description="Lower-case letters, digits, - and _. It never changes." required value={id} onChange={(e) => setForm({ ...form, id: e.currentTarget.value })} classNames={{ input: "typed" }} />
          <TagsInput label="Regions" description="Where its calls may be served; anywhere unless given." placeholder={form.regions.length ? "" : "eu"} value={form.regions} onChange={(regions) => setForm({ ...form, regions })} acceptValueOnBlur />
          {form.regions.length > 0 && <Alert variant="light" color="yellow">Targets whose region is unknown are not used for this workspace.</Alert>}
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" loading={make.isPending}>Create</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
