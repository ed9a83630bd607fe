// What would become of a call: which step takes it, why others do not, what is tried in order.
import { Box, Button, Card, Group, Select, SimpleGrid, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { ms } from "../../lib/format";
import { useMay } from "../../lib/may";
import { Info, Tag } from "../../parts/parts";

export type Explained = Schemas["Explained"];

const sample = '{"messages": [{"role": "user", "content": "How do I change the address of an order?"}]}';

function KeyPick({ value, onChange, required }: { value: string; onChange: (id: string) => void; required: boolean }) {
  const [search, setSearch] = useState("");
  const [q] = useDebouncedValue(search.trim(), 250);
  const keys = useQuery({ queryKey: ["keys", "pick", q], queryFn: () => got(api.GET("/api/v1/keys", { params: { query: { limit: "20", state: "active", ...(q ? { q } : {}) } } })) });
  const data = keys.data?.data.map((k) => ({ value: k.id, label: `${k.name} (${k.workspace})` })) ?? [];
  return <Select label="Made with the key" searchable clearable={!required} required={required} placeholder={required ? "which one" : "none in particular"} data={data} value={value || null} onChange={(v) => onChange(v ?? "")} onSearchChange={setSearch} filter={({ options }) => options} nothingFoundMessage="No key is called so" />;
}

export function Explain({ route, explained, show }: { route: string; explained: Explained | null; show: (e: Explained | null) => void }) {
  const may = useMay();
  const [form, setForm] = useState({ key: "", metadata: "", headers: "", body: sample, ip: "" });
  const ask = useAct(() => {
    const headers: Record<string, string> = form.metadata.trim() ? { "sluice-metadata": form.metadata.trim() } : {};
    for (const line of form.headers.split("\n").filter((l) => l.includes(":"))) headers[line.slice(0, line.indexOf(":")).trim().toLowerCase()] = line.slice(line.indexOf(":") + 1).trim();
    return got(api.POST("/api/v1/routes/{name}/explain", { params: { path: { name: route } }, body: { ...(form.key ? { key_id: form.key } : {}), headers, ...(form.body.trim() ? { body: JSON.parse(form.body) as never } : {}), ...(form.ip ? { ip: form.ip } : {}) } as Schemas["NewExplain"] }));
  }, []);
  const submit = (e: FormEvent) => { e.preventDefault(); ask.mutate(undefined, { onSuccess: show, onError: () => show(null) }); };
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">Nothing is sent, and no turn is taken. The path that this call would take lights up above.</Text>
          <KeyPick value={form.key} onChange={(key) => setForm({ ...form, key })} required={!may.admin} />
          <TextInput label="Metadata" description="The header sluice-metadata, a JSON object." placeholder={'{"plan": "free"}'} classNames={{ input: "typed" }} value={form.metadata} onChange={(e) => setForm({ ...form, metadata: e.currentTarget.value })} />
          <Textarea label="Body" description="Of the call, a JSON object. Its model is this route." autosize minRows={3} maxRows={10} classNames={{ input: "typed" }} value={form.body} onChange={(e) => setForm({ ...form, body: e.currentTarget.value })} />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <Textarea label="Other headers" placeholder={"x-app: shop"} autosize minRows={1} classNames={{ input: "typed" }} value={form.headers} onChange={(e) => setForm({ ...form, headers: e.currentTarget.value })} />
            <TextInput label="Caller’s address" placeholder="203.0.113.7" value={form.ip} onChange={(e) => setForm({ ...form, ip: e.currentTarget.value })} />
          </SimpleGrid>
          <Group><Button type="submit" loading={ask.isPending}>Explain</Button>{explained && <Button variant="subtle" color="gray" onClick={() => show(null)}>Clear</Button>}</Group>
        </Stack>
      </form>
      {explained ? <Answer of={explained} /> : <Card withBorder className="quiet"><Text size="sm" c="dimmed" ta="center" m="auto">The answer stands here: the steps that were looked at, and the targets in the order in which they would be tried.</Text></Card>}
    </SimpleGrid>
  );
}

function Answer({ of: e }: { of: Explained }) {
  const more: [string, string[] | undefined][] = [["If the input is too long", e.on_context_window], ["If a vendor’s filter refuses", e.on_content_policy], ["A stream that breaks goes on with", e.continue_on], ["Asked beside the first one", e.hedge], ["Gets a copy", e.shadow]];
  return (
    <Card withBorder component="section" aria-label="Explanation" aria-live="polite">
      {e.refused && <Text size="sm" mb="sm"><Tag tone="error">{e.error_code}</Tag> {e.refused}</Text>}
      <Group gap={4} mb={4}><Text fw={600} size="sm">Steps</Text><Info text="In the order in which they were looked at; the first one that holds and has targets gives them." /></Group>
      {e.steps.map((s) => (
        <Group key={`${s.route} ${s.step}`} gap={8} wrap="nowrap" align="flex-start" py={3}>
          {s.matched ? <IconCheck size={16} color="var(--accent)" aria-label="matches" /> : <IconX size={16} color="var(--mantine-color-dimmed)" aria-label="does not match" />}
          <Text size="sm" style={{ overflowWrap: "anywhere" }}><b>{s.step}</b>{s.when && <span className="typed"> when {s.when}</span>}{s.why && <Text span c="dimmed">: {s.why}</Text>}</Text>
        </Group>
      ))}
      <Group gap={4} mt="md" mb={4}><Text fw={600} size="sm">Tried in order</Text></Group>
      {e.targets.length === 0 && <Text size="sm" c="dimmed">Nothing.</Text>}
      <ol className="tried">
        {e.targets.map((t) => <li key={t.target}><Text size="sm" component="span" fw={500}>{t.target}</Text> <Tag tone={t.not ? "error" : t.level === "healthy" ? "plain" : "warning"}>{t.not ? "passed over" : t.level}</Tag>{t.region && <Text span size="xs" c="dimmed"> {t.region}</Text>}{t.not && <Text span size="xs" c="dimmed"> {t.not}</Text>}</li>)}
      </ol>
      {more.filter(([, names]) => names?.length).map(([label, names]) => <Text key={label} size="sm" mt={4}><Text span c="dimmed">{label}:</Text> {names!.join(", ")}</Text>)}
      <Box mt="sm"><Text size="xs" c="dimmed">{[e.arm && `${e.arm} was chosen`, e.sticky && "calls like this one stay at one choice", e.override && "the route changes what was asked for", e.timeout_ms > 0 && `at most ${ms(e.timeout_ms)} in all`, e.limits.length > 0 && `limits of ${e.limits.join(", ")} apply`].filter(Boolean).join(" · ")}</Text></Box>
    </Card>
  );
}
