// Which time a page is about, and in which zone times are shown.
import { Button, Group, Modal, Select, Stack, Switch, Text, TextInput, Tooltip } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useLocation } from "react-router";
import { ranges, useParams, usePeriod } from "../lib/address";
import { ownZone, zone } from "../lib/format";
import { momentIn, wallIn } from "../lib/zone";

export function RangePicker() {
  const [params, set] = useParams();
  const [choosing, setChoosing] = useState(false);
  const { custom } = usePeriod(); // times that are none are as if they were not there
  const live = params.get("live") !== "0" && !custom;
  const { pathname } = useLocation();
  const pick = (v: string | null) => (v === "choose" ? setChoosing(true) : v && v !== "custom" && set({ range: v, from: "", to: "" }));
  return (
    <Group gap="sm" wrap="nowrap">
      {pathname === "/" && (
        <Tooltip label={custom ? "A fixed time does not move on" : "Refresh every five seconds"} withArrow>
          <Switch className="hide-small" size="sm" label="Live" aria-label="Live" checked={live} disabled={custom} onChange={(e) => set({ live: e.currentTarget.checked ? "" : "0" })} />
        </Tooltip>
      )}
      <Select
        size="xs" w={{ base: 148, sm: 150 }} allowDeselect={false} aria-label="Time range" checkIconPosition="right"
        data={[...Object.entries(ranges).map(([value, r]) => ({ value, label: r.label })), ...(custom ? [{ value: "custom", label: "As chosen" }] : []), { value: "choose", label: "From – to…" }]}
        value={custom ? "custom" : (params.get("range") ?? "1h")} onChange={pick}
      />
      <ZonePicker className="hide-small" />
      {choosing && <Custom onClose={() => setChoosing(false)} />}
    </Group>
  );
}

/** In which zone times are shown, and days, weeks and months begin. */
export function ZonePicker({ className }: { className?: string }) {
  const [, set] = useParams();
  const [finding, setFinding] = useState("");
  const words = finding.trim().toLowerCase().replaceAll(" ", "_");
  const data = [...new Set([ownZone, "UTC", ...Intl.supportedValuesOf("timeZone"), zone])].filter((z) => !words || z.toLowerCase().includes(words) || z === zone);
  return (
    <Tooltip label="Times are shown in this zone, and days begin in it" withArrow position="bottom">
      <Select className={className} size="xs" w={158} aria-label="Time zone" searchable allowDeselect={false} checkIconPosition="right" limit={60} filter={({ options }) => options} onSearchChange={(v) => setFinding(v === labelOf(zone) ? "" : v)} data={data.map((value) => ({ value, label: labelOf(value) }))} value={zone} onChange={(v) => set({ tz: !v || v === ownZone ? "" : v })} nothingFoundMessage="No such zone" comboboxProps={{ width: 240 }} />
    </Tooltip>
  );
}

const labelOf = (z: string) => (z === ownZone ? `${z.replaceAll("_", " ")} (here)` : z.replaceAll("_", " "));

function Custom({ onClose }: { onClose: () => void }) {
  const period = usePeriod();
  const [, set] = useParams();
  const [form, setForm] = useState({ from: wallIn(period.from, zone), to: wallIn(period.to, zone) });
  const [from, to] = [momentIn(form.from, zone), momentIn(form.to, zone)];
  const wrong = !from || !to ? "Both times are needed." : from >= to ? "From is not before to." : "";
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (wrong || !from || !to) return;
    set({ from: from.toISOString(), to: to.toISOString(), range: "" });
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title="From – to" closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput type="datetime-local" label="From" required max={form.to} data-autofocus value={form.from} onChange={(e) => setForm({ ...form, from: e.currentTarget.value })} />
          <TextInput type="datetime-local" label="To" required min={form.from} value={form.to} onChange={(e) => setForm({ ...form, to: e.currentTarget.value })} error={wrong} />
          <Text size="sm" c="dimmed">In the zone {zone.replaceAll("_", " ")}. A fixed time does not move on.</Text>
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" disabled={wrong !== ""}>Show</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
