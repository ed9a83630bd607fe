// How long workspaces keep their calls, where that is for less than their gateways do, and the end of their keys.
import { Box, Button, Group, Modal, NumberInput, Select, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { span } from "../../lib/format";
import { useMay } from "../../lib/may";
import { Named } from "../../parts/Named";
import { Failure, Goto, Panel, Tag, Waiting } from "../../parts/parts";
import { Shred } from "./Shred";

type Workspace = Schemas["Workspace"];

const day = 86_400; // s
const most = 3650; // days
const times = [["0", "As long as its gateways"], [String(day), "One day"], [String(7 * day), "A week"], [String(30 * day), "30 days"], [String(90 * day), "90 days"], [String(365 * day), "A year"], ["own", "Another number of days…"]] as const;

export function Retention() {
  const may = useMay();
  const [changing, setChanging] = useState<Workspace | null>(null);
  const [shredding, setShredding] = useState<Workspace | null>(null);
  const all = useInfiniteQuery({
    queryKey: ["workspaces", "list"],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "50", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined,
  });
  const rows = all.data?.pages.flatMap((p) => p.data) ?? [];
  return (
    <Panel title="Workspaces" says="A workspace may keep its calls for less than the gateways that they came through: the shorter time holds, and what is older is deleted within ten minutes. The keys are those under which gateways with log.encrypt keep what was said; without them nobody can read it.">
      {all.isError ? <Failure error={all.error} retry={() => void all.refetch()} /> : !all.data ? <Waiting rows={3} height={40} /> : (
        <Box className="scroll">
          <table className="rows" aria-label="Workspaces">
            <thead><tr><th scope="col">Workspace</th><th scope="col">Keeps its calls</th><th scope="col" /></tr></thead>
            <tbody>
              {rows.map((w) => (
                <tr key={w.id}>
                  <td><Goto to="/workspaces" extra={{ ws: w.id }}>{w.name}</Goto></td>
                  <td>{w.retain_s ? <Tag tone="accent">for {span(w.retain_s)}</Tag> : <Text size="sm" c="dimmed">as long as its gateways</Text>}</td>
                  <td className="n">{may.own(w.id) ? <Group gap="xs" justify="flex-end" wrap="nowrap"><Button size="compact-xs" variant="default" onClick={() => setChanging(w)} aria-label={`Change how long ${w.name} keeps its calls`}>Change</Button><Button size="compact-xs" variant="light" color="red" onClick={() => setShredding(w)} aria-label={`Shred keys… of ${w.name}`}>Shred keys…</Button></Group> : <Text size="xs" c="dimmed">its owners change it</Text>}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {all.hasNextPage && <Box pt="sm"><Button fullWidth variant="default" loading={all.isFetchingNextPage} onClick={() => void all.fetchNextPage()}>Show older workspaces</Button></Box>}
        </Box>
      )}
      {changing && <Change key={changing.id} of={changing} onClose={() => setChanging(null)} />}
      {shredding && <Shred of={shredding} onClose={() => setShredding(null)} />}
    </Panel>
  );
}

function Change({ of: w, onClose }: { of: Workspace; onClose: () => void }) {
  const now = String(w.retain_s);
  const [chosen, setChosen] = useState(times.some(([v]) => v === now) ? now : "own");
  const [days, setDays] = useState<number | string>(w.retain_s ? w.retain_s / day : 14);
  const [asking, setAsking] = useState(false);
  const seconds = chosen === "own" ? Math.round(Number(days) * day) : Number(chosen);
  const wrong = chosen === "own" && !(Number(days) > 0 && Number(days) <= most) ? `A number of days, at most ${most}.` : "";
  const shorter = seconds > 0 && (w.retain_s === 0 || seconds < w.retain_s);
  const save = useAct(() => got(api.PATCH("/api/v1/workspaces/{id}", { params: { path: { id: w.id } }, body: { retain_s: seconds } })), ["workspaces"], (n) => (n.retain_s ? `${n.name} keeps its calls for ${span(n.retain_s)}.` : `${n.name} keeps its calls as long as its gateways.`));
  const go = () => save.mutate(undefined, { onSuccess: onClose });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (wrong) return;
    if (shorter) setAsking(true);
    else go();
  };
  return (
    <>
      <Modal opened={!asking} onClose={onClose} title={`How long ${w.name} keeps its calls`} closeButtonProps={{ "aria-label": "Close" }}>
        <form onSubmit={submit}>
          <Stack>
            <Select label="Keep calls for" allowDeselect={false} data={times.map(([value, label]) => ({ value, label }))} value={chosen} onChange={(v) => setChosen(v ?? "0")} data-autofocus />
            {chosen === "own" && <NumberInput label="Days" min={0} max={most} decimalScale={2} value={days} onChange={setDays} error={wrong} />}
            <Text size="sm" c="dimmed">{shorter ? `Calls that are older than ${span(seconds)} are deleted within ten minutes.` : "Nothing is deleted by it. Gateways delete what is older than their own time."}</Text>
            <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" disabled={wrong !== "" || seconds === w.retain_s} loading={save.isPending}>{shorter ? "Go on…" : "Save"}</Button></Group>
          </Stack>
        </form>
      </Modal>
      <Named name={asking ? w.name : null} verb="Delete" title={`Delete calls of ${w.name}`} busy={save.isPending} onClose={() => setAsking(false)} go={go} loses={[`every call of ${w.name} that is older than ${span(seconds)}, with its attempts, feedback, and what was said in it`, "from now on, every call as soon as it is so old"]}>
        This cannot be undone. Sums of the overview, costs and budgets stay. What is lost:
      </Named>
    </>
  );
}
