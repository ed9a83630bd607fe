// What else a call can say. What is not set is the model's own default, and is not sent.
import { Button, Drawer, Group, NumberInput, Select, Stack, Switch, TagsInput, Text } from "@mantine/core";
import type { Params } from "../../lib/ask";
import { Tag } from "../../parts/parts";

type Props = { opened: boolean; onClose: () => void; value: Params; set: (p: Params) => void };

const numbers: { name: "temperature" | "top_p" | "max_tokens" | "seed" | "presence_penalty" | "frequency_penalty"; label: string; says: string; min?: number; max?: number; step?: number; whole?: boolean }[] = [
  { name: "temperature", label: "Temperature", says: "How freely words are chosen: 0 is nearly always the same answer.", min: 0, max: 2, step: 0.1 },
  { name: "top_p", label: "Top p", says: "Only the likeliest words that make up this share are considered.", min: 0, max: 1, step: 0.05 },
  { name: "max_tokens", label: "Most output tokens", says: "The answer is cut there. Limits and budgets hold this much until it ends.", min: 1, whole: true, step: 100 },
  { name: "seed", label: "Seed", says: "The same seed makes the same answer likelier, where the model knows it.", whole: true },
  { name: "presence_penalty", label: "Presence penalty", says: "Above 0: new topics are likelier.", min: -2, max: 2, step: 0.1 },
  { name: "frequency_penalty", label: "Frequency penalty", says: "Above 0: repetition is less likely.", min: -2, max: 2, step: 0.1 },
];

export function Parameters({ opened, onClose, value, set }: Props) {
  const put = (change: Partial<Params>) => set(Object.fromEntries(Object.entries({ ...value, ...change }).filter(([, v]) => v !== undefined && v !== "" && v !== false && !(Array.isArray(v) && v.length === 0))) as Params);
  const name = (label: string, isSet: boolean) => <Group gap={6} component="span" display="inline-flex">{label}{isSet ? <Tag tone="accent">set</Tag> : <Tag>default</Tag>}</Group>;
  return (
    <Drawer opened={opened} onClose={onClose} position="right" title="Parameters" closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">What is at its default is not sent at all. A parameter that a model does not know is left out and named in the log.</Text>
        {numbers.map((n) => <NumberInput key={n.name} size="xs" label={name(n.label, value[n.name] !== undefined)} description={n.says} placeholder="default" min={n.min} max={n.max} step={n.step ?? 1} allowDecimal={!n.whole} value={value[n.name] ?? ""} onChange={(v) => put({ [n.name]: v === "" ? undefined : Number(v) })} />)}
        <TagsInput size="xs" label={name("Stop sequences", !!value.stop)} description="The answer ends before one of them; at most four." maxTags={4} placeholder={value.stop ? "" : "default"} value={value.stop ?? []} onChange={(v) => put({ stop: v })} />
        <Select size="xs" label={name("Reasoning effort", !!value.reasoning_effort)} description="For models that think first." clearable placeholder="default" data={["minimal", "low", "medium", "high"]} value={value.reasoning_effort ?? null} onChange={(v) => put({ reasoning_effort: v ?? undefined })} />
        <Select size="xs" label={name("Tool choice", !!value.tool_choice)} description="Whether a tool must, may or must not be called." clearable placeholder="default" data={["auto", "required", "none"]} value={value.tool_choice ?? null} onChange={(v) => put({ tool_choice: v ?? undefined })} />
        <Select size="xs" label={name("Cache", !!value.cache)} description="Of the gateway, if it has one." clearable placeholder="default" data={[{ value: "no-cache", label: "Ask anew, keep the answer" }, { value: "no-store", label: "Neither look nor keep" }]} value={value.cache ?? null} onChange={(v) => put({ cache: v ?? undefined })} />
        <Switch size="sm" label="JSON only" description="The answer must be a JSON object." checked={value.json ?? false} onChange={(e) => put({ json: e.currentTarget.checked })} />
        <Switch size="sm" label="Stream" description="Words come as they are made. Off: the whole answer at once." checked={!value.whole} onChange={(e) => put({ whole: !e.currentTarget.checked })} />
        <Group justify="flex-end"><Button size="xs" variant="default" onClick={() => set({})}>All to default</Button></Group>
      </Stack>
    </Drawer>
  );
}
