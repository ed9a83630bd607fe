// A new route, and the end of one: both show their difference before they are in force.
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useCallback, useState } from "react";
import { useParams } from "../../lib/address";
import { count } from "../../lib/format";
import { ModelSelect, ModelTags } from "../../parts/models";
import { Change } from "../../parts/Change";
import { Named } from "../../parts/Named";
import type { Route } from "../Routes";
import { stringify } from "yaml";
import { listed, withoutRoute, withRoute } from "./text";

export function NewRoute({ opened, taken, onClose }: { opened: boolean; taken: string[]; onClose: () => void }) {
  const [form, setForm] = useState({ name: "", use: "", fallback: [] as string[] });
  const [looking, setLooking] = useState(false);
  const [, set] = useParams();
  const wrong = taken.includes(form.name) ? "There is such a route already" : form.name && !/^[\w.:@+-]+$/.test(form.name) ? "Letters, digits, . _ : @ + and -" : "";
  const make = useCallback((document: string) => withRoute(document, form.name, stringify({ steps: [{ use: form.use, ...(form.fallback.length ? { fallback: listed(form.fallback) } : {}) }] })), [form]);
  const close = () => { setLooking(false); onClose(); };
  const submit = (e: FormEvent) => { e.preventDefault(); if (!wrong && form.use) setLooking(true); };
  return (
    <Modal opened={opened} onClose={close} size={looking ? "xl" : "md"} title={looking ? `What changes: ${form.name}` : "New route"} closeButtonProps={{ "aria-label": "Close" }}>
      {looking ? <Change make={make} note={`route ${form.name} added`} back={() => setLooking(false)} done={() => { setLooking(false); const name = form.name; setForm({ name: "", use: "", fallback: [] }); set({ new: "", route: name, view: "edit" }); }} /> : (
        <form onSubmit={submit}>
          <Stack>
            <TextInput label="Name" description="What callers give as the model." required data-autofocus error={wrong || undefined} value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value.trim() })} />
            <ModelSelect label="Leads to" description="A model, or another route." required names={taken} value={form.use || null} onChange={(v) => setForm({ ...form, use: v ?? "" })} />
            <ModelTags label="Tried when that fails" names={taken} value={form.fallback} onChange={(fallback) => setForm({ ...form, fallback })} />
            <Text size="xs" c="dimmed">Conditions, shares, canaries and the rest come next, as form or YAML.</Text>
            <Group justify="flex-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" disabled={!form.name || !form.use || !!wrong}>Show the difference…</Button></Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

export function DeleteRoute({ of, all, calls, onClose }: { of: Route | null; all: Route[]; calls?: number; onClose: () => void }) {
  const [looking, setLooking] = useState("");
  const [, set] = useParams();
  const make = useCallback((document: string) => withoutRoute(document, looking), [looking]);
  const holders = of ? all.filter((r) => r.name !== of.name && [...r.fallback, ...r.steps.flatMap((s) => [...s.fallback, ...s.targets.map((t) => t.target)])].includes(of.name)).map((r) => r.name) : [];
  const close = () => { setLooking(""); onClose(); };
  return (
    <>
      <Named name={of && !looking ? of.name : null} verb="Delete" onClose={close} go={() => of && setLooking(of.name)}
        loses={[`Callers who give ${of?.name ?? ""} as the model get an error${calls ? `: ${count(calls)} calls did in the time shown` : ""}.`, `Its ${of?.steps.length ?? 0} steps, with their conditions and shares.`, ...(holders.length ? [`The routes ${holders.join(", ")} lead to it: the gateway refuses the change until they do not.`] : [])]}>
        Its calls stay in the logs. What is lost:
      </Named>
      <Modal opened={looking !== ""} onClose={close} size="xl" title={`What changes: ${looking} is deleted`} closeButtonProps={{ "aria-label": "Close" }}>
        {looking && <Change make={make} note={`route ${looking} deleted`} verb="Delete" back={close} done={() => { close(); set({ route: "" }); }} />}
      </Modal>
    </>
  );
}
