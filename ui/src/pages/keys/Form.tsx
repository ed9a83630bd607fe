// One key: all that it may do, to be created, looked at or changed.
import { Accordion, Button, Drawer, Group, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text, TextInput, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { dateOf } from "../../lib/format";
import { useAct } from "../../lib/act";
import { useMay } from "../../lib/may";
import { isBudget, type Written, written } from "../../lib/rules";
import { ModelTags } from "../../parts/models";
import { Failure, Goto, Tag, Time, Waiting } from "../../parts/parts";
import type { Secret } from "./dialogs";
import { RulesEditor } from "./RulesEditor";
import { state } from "./Table";

type Key = Schemas["Key"];
type Draft = {
  name: string; workspace: string; expires: string; owner_kind: string; owner: string; tags: string[]; gateways: string[]; models: string[]; operations: string[];
  networks: string[]; regions: string[]; limits: Written[]; budgets: Written[]; max_output: number | string; metadata: string; bodies: string; sample: number | string;
};

const blank: Draft = { name: "", workspace: "", expires: "", owner_kind: "", owner: "", tags: [], gateways: [], models: [], operations: [], networks: [], regions: [], limits: [], budgets: [], max_output: "", metadata: "", bodies: "", sample: "" };
const operations = ["chat", "responses", "completions", "embeddings", "moderations", "images", "speech", "transcription", "videos", "rerank", "files", "batches", "count_tokens", "models", "passthrough"];

function draftOf(k: Key): Draft {
  return {
    ...blank, name: k.name, workspace: k.workspace, expires: k.expires ? "keep" : "", owner_kind: k.owner_kind, owner: k.owner, tags: k.tags, gateways: k.gateways, models: k.models, operations: k.operations,
    networks: k.networks, regions: k.regions, limits: k.limits.filter((r) => !isBudget(r)).map(written), budgets: k.limits.filter(isBudget).map(written),
    max_output: k.max_output || "", metadata: Object.keys(k.metadata).length ? JSON.stringify(k.metadata, null, 2) : "",
    bodies: k.log.bodies, sample: k.log.sample == null || k.log.sample === 1 ? "" : Math.round(1e6 * k.log.sample) / 1e4,
  };
}

function metadataOf(text: string): Record<string, never> {
  try {
    const value = JSON.parse(text || "{}") as Record<string, never>;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch { /* said below */ }
  throw new Error("The metadata is no JSON object such as {\"team\": \"shop\"}.");
}

type Props = { opened: boolean; id: string; onClose: () => void; done: (s: Secret) => void; revoke: (k: Key) => void; rotate: (k: Key) => void };

export function KeyForm({ opened, id, onClose, done, revoke, rotate }: Props) {
  const key = useQuery({ queryKey: ["keys", "one", id], queryFn: () => got(api.GET("/api/v1/keys/{id}", { params: { path: { id } } })), enabled: opened && id !== "" });
  const title = id ? <Group gap="xs">{key.data?.name ?? "Key"}{key.data && <Tag tone={state(key.data).tone}>{state(key.data).label}</Tag>}</Group> : "Create a key";
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="lg" title={title} closeButtonProps={{ "aria-label": "Close" }}>
      {id && key.isError ? <Failure error={key.error} /> : id && !key.data ? <Waiting /> : opened && <Fields key={id} of={id ? key.data : undefined} onClose={onClose} done={done} revoke={revoke} rotate={rotate} />}
    </Drawer>
  );
}

function Fields({ of, onClose, done, revoke, rotate }: Omit<Props, "opened" | "id"> & { of?: Key }) {
  const may = useMay();
  const [draft, setDraft] = useState<Draft>(of ? draftOf(of) : blank);
  const put = (change: Partial<Draft>) => setDraft((d) => ({ ...d, ...change }));
  const { workspaces, routes, gateways } = useChoices();
  const mine = workspaces.filter((w) => may.edit(w));
  useEffect(() => { if (!of && mine.length && !mine.includes("default") && !draft.workspace) put({ workspace: mine[0]! }); });
  const save = useSave(of, draft);
  const locked = of ? !!of.revoked || !may.edit(of.workspace) : false;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate(undefined, { onSuccess: (k) => { onClose(); if ("secret" in k) done({ name: k.name, secret: String(k.secret) }); } });
  };
  const list = (label: string, field: "tags" | "gateways" | "models" | "operations" | "networks" | "regions", says: string, placeholder: string, data?: string[]) => (
    <TagsInput label={label} description={says} placeholder={draft[field].length ? "" : placeholder} data={data} limit={30} value={draft[field]} onChange={(v) => put({ [field]: v })} splitChars={[",", " "]} acceptValueOnBlur />
  );
  return (
    <form onSubmit={submit}>
      <fieldset disabled={locked} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
        <Stack>
          {of && <Facts of={of} locked={locked} />}
          <TextInput label="Name" description="What people call it, such as the application." required data-autofocus={!of} maxLength={200} value={draft.name} onChange={(e) => put({ name: e.currentTarget.value })} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <Select label="Workspace" placeholder="default" disabled={!!of} clearable={mine.includes("default")} data={of ? [of.workspace] : mine} value={draft.workspace || null} onChange={(v) => put({ workspace: v ?? "" })} />
            <Select label="Ends" allowDeselect={false} value={draft.expires} onChange={(v) => put({ expires: v ?? "" })}
              data={[...(of?.expires ? [{ value: "keep", label: `As it is: ${dateOf(of.expires, {})}` }] : []), { value: "", label: "Never" }, { value: "1d", label: "In a day" }, { value: "30d", label: "In 30 days" }, { value: "90d", label: "In 90 days" }, { value: "365d", label: "In a year" }]} />
            <Select label="Belongs to" clearable placeholder="nobody in particular" data={[{ value: "application", label: "An application" }, { value: "user", label: "A person" }]} value={draft.owner_kind || null} onChange={(v) => put({ owner_kind: v ?? "", ...(v ? {} : { owner: "" }) })} />
            <TextInput label="Owner" disabled={!draft.owner_kind} required={!!draft.owner_kind} placeholder={draft.owner_kind === "user" ? "ann@example.com" : draft.owner_kind ? "shop" : "–"} value={draft.owner} onChange={(e) => put({ owner: e.currentTarget.value })} />
          </SimpleGrid>
          <ModelTags label="Models" description="Which ones it may use, routes too; * stands for anything. All unless given." placeholder={draft.models.length ? "" : "sandbox/*"} names={routes} made={(all) => all.map((n) => `${n.split("/")[0]}/*`)} value={draft.models} onChange={(v) => put({ models: v })} splitChars={[",", " "]} acceptValueOnBlur />
          <Accordion multiple variant="separated" defaultValue={of ? ["rights", "limits"] : []}>
            <Section value="rights" title="Rights" says={summary(draft)}>
              {list("Gateways", "gateways", "Where it is valid; all unless given.", "default", gateways)}
              {list("Operations", "operations", "What it may be used for; all unless given.", "chat", operations)}
              {list("Networks", "networks", "From where, as CIDR; from everywhere unless given.", "10.0.0.0/8")}
              {list("Regions", "regions", "Where its calls may be served; what the gateway allows unless given.", "eu")}
            </Section>
            <Section value="limits" title="Limits and budgets of its own" says={draft.limits.length + draft.budgets.length ? `${draft.limits.length + draft.budgets.length} beside the gateway's` : "only the gateway's"}>
              <RulesEditor kind="limits" value={draft.limits} onChange={(limits) => put({ limits })} />
              <RulesEditor kind="budgets" value={draft.budgets} onChange={(budgets) => put({ budgets })} />
              <NumberInput label="Ceiling of output tokens" description="Of calls that name none." min={0} allowDecimal={false} thousandSeparator=" " placeholder="none" value={draft.max_output} onChange={(max_output) => put({ max_output })} />
            </Section>
            <Section value="log" title="What is kept of its calls" says={kept(draft)}>
              <Select label="Kept at most" description="Beside what the gateway and the call say: the least counts." clearable placeholder="what the gateway says" data={keeping} value={draft.bodies || null} onChange={(v) => put({ bodies: v ?? "" })} />
              <NumberInput label="Share of its calls whose bodies are kept" description="Also of those that fail." suffix=" %" min={0} max={100} decimalScale={4} clampBehavior="strict" disabled={draft.bodies === "none" || draft.bodies === "metadata"} placeholder="what the gateway says" value={draft.sample} onChange={(sample) => put({ sample })} />
            </Section>
            <Section value="words" title="Tags and metadata" says={draft.tags.length || draft.metadata ? [...draft.tags, draft.metadata ? "metadata" : ""].filter(Boolean).join(", ") : "none"}>
              {list("Tags", "tags", "Words by which conditions and people tell keys apart.", "nightly")}
              <Textarea label="Metadata" description="Of calls that bring none: a JSON object." placeholder={'{"team": "shop"}'} autosize minRows={2} maxRows={8} classNames={{ input: "typed" }} value={draft.metadata} onChange={(e) => put({ metadata: e.currentTarget.value })} />
            </Section>
          </Accordion>
        </Stack>
      </fieldset>
      <Group justify="space-between" mt="lg">
        <Group gap="xs">{of && !locked && <><Button variant="default" onClick={() => rotate(of)}>New secret…</Button><Button variant="light" color="red" onClick={() => revoke(of)}>Revoke…</Button></>}</Group>
        <Group gap="xs"><Button variant="default" onClick={onClose}>{locked ? "Close" : "Cancel"}</Button>{!locked && <Button type="submit" loading={save.isPending}>{of ? "Save" : "Create"}</Button>}</Group>
      </Group>
    </form>
  );
}

function Facts({ of, locked }: { of: Key; locked: boolean }) {
  return (
    <Text size="sm" c="dimmed" component="div">
      <span className="typed">{of.hint}</span> · made <Time value={of.created} /> · id <span className="typed">{of.id}</span> · <Goto to="/logs" extra={{ key_id: of.id }}>its calls</Goto>
      {of.old_until && new Date(of.old_until) > new Date() && <> · its secret before is valid until <Time value={of.old_until} /></>}
      {of.subject && <> · client certificate {of.subject}</>}
      {locked && <Text size="sm" mt={6}>{of.revoked ? <>It was revoked <Time value={of.revoked} />, which is for good.</> : `Only editors of the workspace ${of.workspace} change it.`}</Text>}
    </Text>
  );
}

function Section({ value, title, says, children }: { value: string; title: string; says: string; children: ReactNode }) {
  return (
    <Accordion.Item value={value}>
      <Accordion.Control><Group gap="xs" wrap="nowrap"><Text size="sm" fw={500} className="nowrap">{title}</Text><Text size="xs" c="dimmed" truncate>{says}</Text></Group></Accordion.Control>
      <Accordion.Panel><Stack>{children}</Stack></Accordion.Panel>
    </Accordion.Item>
  );
}

function summary(d: Draft): string {
  const parts = [d.gateways.length && `${d.gateways.length} gateways`, d.operations.join(", "), d.networks.length && `${d.networks.length} networks`, d.regions.join(", ")].filter(Boolean);
  return parts.length ? parts.join(" · ") : "every gateway, operation, network and region";
}

const keeping = [{ value: "full", label: "Bodies, metadata and figures" }, { value: "metadata", label: "Metadata and figures, no bodies" }, { value: "none", label: "Figures alone" }];

function kept(d: Draft): string {
  const parts = [keeping.find((k) => k.value === d.bodies)?.label, d.sample !== "" && d.bodies !== "none" && d.bodies !== "metadata" && `bodies of ${d.sample} %`].filter(Boolean);
  return parts.length ? parts.join(" · ") : "what the gateway says";
}

/** Of a new key what is blank is left out; of one that is there, 1 takes the share away. */
function logOf(d: Draft, made: boolean) {
  if (made) return { bodies: d.bodies, sample: d.sample === "" ? 1 : Number(d.sample) / 100 };
  return { ...(d.bodies ? { bodies: d.bodies } : {}), ...(d.sample === "" ? {} : { sample: Number(d.sample) / 100 }) };
}

function useChoices() {
  const w = useQuery({ queryKey: ["workspaces"], queryFn: () => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "500" } } })) });
  const r = useQuery({ queryKey: ["routes"], queryFn: () => got(api.GET("/api/v1/routes")), staleTime: 60_000 });
  const g = useQuery({ queryKey: ["gateways"], queryFn: () => got(api.GET("/api/v1/gateways")), staleTime: 60_000 });
  return {
    workspaces: w.data?.data.map((x) => x.id) ?? [], gateways: g.data?.data.map((x) => x.name) ?? [],
    routes: r.data?.data.map((x) => x.name) ?? [],
  };
}

function useSave(of: Key | undefined, d: Draft) {
  return useAct(async (): Promise<Key | Schemas["CreatedKey"]> => {
    const lists = { tags: d.tags, gateways: d.gateways, models: d.models, operations: d.operations, networks: d.networks, regions: d.regions };
    const rest = { name: d.name.trim(), ...lists, max_output: Number(d.max_output) || 0, metadata: metadataOf(d.metadata), owner_kind: d.owner_kind as "user" | "application", owner: d.owner.trim() };
    const rules = { limits: d.limits as never, budgets: d.budgets as never };
    if (!of) return got(api.POST("/api/v1/keys", { body: { ...rest, ...rules, log: logOf(d, false), ...(d.workspace ? { workspace: d.workspace } : {}), ...(d.expires ? { expires: d.expires } : {}), ...(d.owner_kind ? {} : { owner_kind: undefined, owner: undefined }) } as Schemas["NewKey"] }));
    const before = draftOf(of);
    const changed = JSON.stringify([d.limits, d.budgets]) !== JSON.stringify([before.limits, before.budgets]);
    return got(api.PATCH("/api/v1/keys/{id}", { params: { path: { id: of.id } }, body: { ...rest, ...(changed ? rules : {}), log: logOf(d, true), ...(d.expires === "keep" ? {} : { expires: d.expires }) } as Schemas["KeyChange"] }));
  }, ["keys"], (k) => ("secret" in k ? "" : `${k.name} is changed, effective on every node within a second.`));
}
