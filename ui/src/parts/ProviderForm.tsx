// A provider to be added: the vendor, where it is, its key.
import { Anchor, PasswordInput, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { type Kind, missing, type NewProvider, useKinds } from "../lib/provider";

type Props = { value: NewProvider; set: (p: NewProvider) => void; taken: string[]; touched: boolean };

export function ProviderForm({ value: p, set, taken, touched }: Props) {
  const kinds = useKinds();
  const kind = kinds.data?.data.find((k) => k.name === p.kind);
  const wrong = touched ? missing(p, kind, taken) : {};
  const choose = (name: string | null) => {
    const k = kinds.data?.data.find((x) => x.name === name);
    if (!k) return;
    const usual = k.name === "openai-compatible" ? "" : free(k.name, taken);
    set({ ...p, kind: k.name, name: !p.name || p.name === p.kind || p.name.startsWith(`${p.kind}-`) ? usual : p.name, env: k.env[0] ?? "", keyFrom: k.key_free || (k.ambient && k.fields.length > 0) ? "none" : "here" });
  };
  const field = (name: "name" | "baseURL" | "region" | "project" | "env", label: string, description: string, placeholder = "") => (
    <TextInput size="sm" label={label} description={description} placeholder={placeholder} value={p[name]} error={wrong[name]} onChange={(e) => set({ ...p, [name]: e.currentTarget.value })} autoComplete="off" />
  );
  return (
    <Stack gap="sm">
      <Select size="sm" label="Vendor" description="Anything else of OpenAI's shape is openai-compatible." placeholder="Search some ninety vendors" searchable data={kinds.data?.data.filter((k) => k.name !== "sandbox").map((k) => ({ value: k.name, label: k.title && k.title.toLowerCase() !== k.name ? `${k.title} (${k.name})` : k.name })) ?? []} value={p.kind || null} onChange={choose} error={wrong.kind} limit={120} maxDropdownHeight={300} nothingFoundMessage="No such vendor: choose openai-compatible" />
      {kind && (
        <>
          {field("name", "Name", `What callers write before the model: ${p.name || "name"}/model.`)}
          {(kind.needs_base_url || p.baseURL) ? field("baseURL", "Base URL", "As OpenAI's SDK would be given it, usually ending in /v1; the host alone for other shapes.", "http://127.0.0.1:11434/v1") : <Text size="xs" c="dimmed">It is at {kind.base_url || "an address that its region tells"}. <Anchor component="button" type="button" size="xs" onClick={() => set({ ...p, baseURL: kind.base_url || "https://" })}>Another address</Anchor></Text>}
          {kind.region && field("region", kind.needs_region ? "Region" : "Region (optional)", "Where it serves.", "eu-west-1")}
          {kind.project && field("project", kind.needs_project ? "Project" : "Project (optional)", "At the vendor.")}
          <Key p={p} set={set} kind={kind} wrong={wrong} />
        </>
      )}
    </Stack>
  );
}

function Key({ p, set, kind, wrong }: { p: NewProvider; set: (p: NewProvider) => void; kind: Kind; wrong: Partial<Record<keyof NewProvider, string>> }) {
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500}>Key</Text>
      <SegmentedControl size="xs" aria-label="Where the key is" data={[{ value: "here", label: "Kept here" }, { value: "env", label: "Environment variable" }, { value: "none", label: kind.key_free ? "Needs none" : kind.ambient ? "The machine's own" : "Later" }]} value={p.keyFrom} onChange={(v) => set({ ...p, keyFrom: v as NewProvider["keyFrom"] })} />
      {p.keyFrom === "here" && <PasswordInput size="sm" aria-label="The vendor's key" description="Sealed with the master key, never shown again and never written into the configuration." value={p.key} error={wrong.key} onChange={(e) => set({ ...p, key: e.currentTarget.value })} autoComplete="off" visibilityToggleButtonProps={{ "aria-label": "Show" }} />}
      {p.keyFrom === "env" && <TextInput size="sm" aria-label="The variable's name" description="Of the gateway's process. It must be set there already." value={p.env} error={wrong.env} onChange={(e) => set({ ...p, env: e.currentTarget.value })} />}
      {p.keyFrom === "none" && kind.fields.length > 0 && <Text size="xs" c="dimmed">Its credentials can also consist of {kind.fields.join(", ")}: add one on the page of the providers.</Text>}
    </Stack>
  );
}

/** A name that nobody has. */
function free(name: string, taken: string[]): string {
  for (let i = 1; ; i++) {
    const n = i === 1 ? name : `${name}-${i}`;
    if (!taken.includes(n)) return n;
  }
}
