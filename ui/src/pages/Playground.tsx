import { ActionIcon, Badge, Box, Button, Drawer, Group, Select, SimpleGrid, Stack, Text, Tooltip } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconCode, IconColumns2, IconHistory, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, got } from "../api/client";
import { useAuth } from "../api/session";
import { useParams } from "../lib/address";
import { answerOf, ask, bodyOf, type Message, type Params, type Piece, type Run } from "../lib/ask";
import { forget, keep, kept, title, type Kept } from "../lib/prompts";
import { Empty, PageTitle, Time } from "../parts/parts";
import { CodeOf } from "./playground/CodeOf";
import { Composer } from "./playground/Composer";
import { Pane, useModelNames } from "./playground/Pane";
import { Parameters } from "./playground/Parameters";

const last = "sluice.playground.model";

export type Side = { messages: Message[]; run: Run | null };
const blank = (): Side => ({ messages: [], run: null });

/** Reads the tools that were written; a text is what is wrong with them. */
export function toolsOf(text: string): unknown[] | string {
  if (!text.trim()) return [];
  try {
    const v = JSON.parse(text);
    if (!Array.isArray(v)) return "Tools are a JSON list: [ … ]";
    return v.every((t) => t?.function?.name) ? v : "Each tool needs a function with a name.";
  } catch (e) {
    return `No valid JSON: ${(e as Error).message}`;
  }
}

export default function Playground() {
  const { who } = useAuth();
  const [params, set] = useParams();
  const names = useModelNames();
  const gateways = useQuery({ queryKey: ["gateways"], queryFn: () => got(api.GET("/api/v1/gateways")) });
  const workspaces = useQuery({ queryKey: ["workspaces", "names"], queryFn: () => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "200" } } })) });
  const mine = useMemo(() => workspaces.data?.data.map((w) => w.id).filter((id) => who?.admin || who?.workspaces.some((r) => r.workspace === id && r.role !== "viewer")) ?? [], [workspaces.data, who]);
  const [system, setSystem] = useState("");
  const [tools, setTools] = useState("");
  const [settings, setSettings] = useState<Params>({});
  const [sides, setSides] = useState<Side[]>([blank(), blank()]);
  const [shown, setShown] = useState<"" | "parameters" | "code" | "history">("");
  const id = useRef<string>(crypto.randomUUID());
  const stop = useRef(new Map<number, AbortController>());
  const latest = useRef(new Map<number, AbortController>()); // whose answer a side shows

  const two = params.has("vs");
  const usual = names.all.includes("sandbox/chat") ? "sandbox/chat" : (names.all[0] ?? "");
  const models = [params.get("model") ?? localStorage.getItem(last) ?? usual, params.get("vs") ?? ""];
  const count = two ? 2 : 1;
  const gateway = params.get("gateway") ?? "";
  const workspace = params.get("workspace") ?? (mine.includes("default") ? "" : (mine[0] ?? ""));
  const running = sides.some((s, i) => i < count && s.run?.state === "running");
  const given = toolsOf(tools);
  const changed = Object.values(settings).filter((v) => v !== undefined).length;

  useEffect(() => () => stop.current.forEach((c) => c.abort()), []);

  const change = useCallback((i: number, to: (s: Side) => Side) => setSides((all) => all.map((s, j) => (j === i ? to(s) : s))), []);

  /** Lets one side answer what was said there. */
  const go = useCallback(async (i: number, messages: Message[]) => {
    const model = models[i]!;
    const controller = new AbortController();
    stop.current.set(i, controller);
    latest.current.set(i, controller);
    const tell = (run: Run | null) => latest.current.get(i) === controller && change(i, () => ({ messages, run })); // what the log says of a call may come when the next one is under way
    tell(null);
    const headers = settings.cache ? { "sluice-cache": settings.cache } : undefined;
    const run = await ask(bodyOf(model, system, messages, Array.isArray(given) ? given : [], settings), { ...(workspace ? { workspace } : {}), ...(gateway ? { gateway } : {}), ...(headers ? { headers } : {}) }, controller.signal, tell);
    if (stop.current.get(i) === controller) stop.current.delete(i);
    tell(run);
    // eslint-disable-next-line -- models and tools are what they are when it is sent
  }, [change, models.join("\n"), system, tools, settings, workspace, gateway]);

  const said = (s: Side): Message[] => (s.run && (s.run.text || s.run.calls.length) ? [...s.messages, answerOf(s.run)] : s.messages);

  const send = (content: string | Piece[]) => {
    localStorage.setItem(last, models[0]!);
    for (let i = 0; i < count; i++) void go(i, [...said(sides[i]!), { role: "user", content }]);
  };
  const halt = () => stop.current.forEach((c) => c.abort());
  const restart = () => {
    halt();
    latest.current.clear();
    id.current = crypto.randomUUID();
    setSides([blank(), blank()]);
  };

  useEffect(() => {
    const press = (e: KeyboardEvent) => e.key === "Escape" && stop.current.size > 0 && halt();
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  useEffect(() => {
    if (running || sides.every((s) => s.messages.length === 0)) return;
    keep({ id: id.current, time: Date.now(), system, tools, params: settings, panes: sides.slice(0, count).map((s, i) => ({ model: models[i]!, messages: said(s) })) });
    // eslint-disable-next-line -- when an answer is over
  }, [running]);

  const recall = (k: Kept) => {
    halt();
    latest.current.clear();
    id.current = k.id;
    setSystem(k.system);
    setTools(k.tools);
    setSettings(k.params);
    setSides([0, 1].map((i) => ({ messages: k.panes[i]?.messages ?? [], run: null })));
    set({ model: k.panes[0]?.model ?? "", vs: k.panes[1]?.model ?? "" });
    setShown("");
  };

  if (who && !who.admin && !who.workspaces.some((w) => w.role !== "viewer")) {
    return <><PageTitle title="Playground" /><Empty icon={IconColumns2} title="Asking models needs the role editor"><Text ta="center" c="dimmed" size="sm">You may read what others asked. An owner of your workspace can give you the role, under Workspaces.</Text></Empty></>;
  }
  return (
    <>
      <PageTitle title="Playground" says="Ask any model or route as yourself: rights, limits, cache and the log are those of any call.">
        <Button size="xs" variant="default" leftSection={<IconPlus size={15} />} onClick={restart}>New</Button>
        <Button size="xs" variant="default" leftSection={<IconHistory size={15} />} onClick={() => setShown("history")}>History</Button>
        <Button size="xs" variant="default" leftSection={<IconAdjustmentsHorizontal size={15} />} onClick={() => setShown("parameters")} rightSection={changed > 0 ? <Badge size="sm" circle aria-label={`${changed} changed`}>{changed}</Badge> : undefined}>Parameters</Button>
        <Button size="xs" variant="default" leftSection={<IconCode size={15} />} onClick={() => setShown("code")}>Show code</Button>
        <Button size="xs" variant={two ? "light" : "default"} leftSection={<IconColumns2 size={15} />} aria-pressed={two} onClick={() => set({ vs: two ? "" : models[0]! })}>{two ? "One model" : "Two models"}</Button>
      </PageTitle>
      <Box className="play" data-two={two || undefined}>
        <Stack gap="sm">
          <Group grow gap="xs">
            <Select size="xs" label="Gateway" description="Whose policy holds." data={gateways.data?.data.map((g) => g.name) ?? ["default"]} value={gateway || "default"} allowDeselect={false} onChange={(v) => set({ gateway: v === "default" ? "" : (v ?? "") })} />
            {mine.length > 1 && <Select size="xs" label="Workspace" description="Who it counts for." data={mine} value={workspace || "default"} allowDeselect={false} searchable onChange={(v) => set({ workspace: v === "default" ? "" : (v ?? "") })} />}
          </Group>
          <Composer system={system} setSystem={setSystem} tools={tools} setTools={setTools} wrong={typeof given === "string" ? given : ""} running={running} ready={models.slice(0, count).every(Boolean)} send={send} stop={halt} />
        </Stack>
        <SimpleGrid cols={{ base: 1, md: two ? 2 : 1 }} spacing="sm" className="panes">
          {sides.slice(0, count).map((s, i) => (
            <Pane key={i} label={two ? (i === 0 ? "First model" : "Second model") : "Model"} model={models[i]!} setModel={(m) => set(i === 0 ? { model: m } : { vs: m || " " })} side={s} results={(messages) => void go(i, [...said(s), ...messages])} again={() => void go(i, s.messages)} />
          ))}
        </SimpleGrid>
      </Box>
      <Parameters opened={shown === "parameters"} onClose={() => setShown("")} value={settings} set={setSettings} />
      <CodeOf opened={shown === "code"} onClose={() => setShown("")} calls={sides.slice(0, count).flatMap((s, i) => (models[i]!.trim() ? [{ gateway, model: models[i]!, system, messages: said(s), tools: Array.isArray(given) ? given : [], params: settings }] : []))} />
      <Drawer opened={shown === "history"} onClose={() => setShown("")} position="right" title="History" closeButtonProps={{ "aria-label": "Close" }}>
        {shown === "history" && <History recall={recall} />}
      </Drawer>
    </>
  );
}

function History({ recall }: { recall: (k: Kept) => void }) {
  const [all, setAll] = useState(kept);
  const drop = (id: string) => { forget(id); setAll(kept()); };
  if (all.length === 0) return <Empty icon={IconHistory} title="Nothing was asked yet"><Text ta="center" size="sm" c="dimmed">What you ask is kept in this browser alone, and can be taken up again here.</Text></Empty>;
  return (
    <Stack gap={4}>
      <Text size="sm" c="dimmed">Kept in this browser alone.</Text>
      {all.map((k) => (
        <Group key={k.id} wrap="nowrap" gap={4} justify="space-between">
          <Button variant="subtle" color="gray" h="auto" py={6} fullWidth justify="flex-start" onClick={() => recall(k)}>
            <Box ta="left" style={{ minWidth: 0 }}><Text size="sm" lineClamp={1} c="var(--mantine-color-text)">{title(k)}</Text><Text size="xs" c="dimmed" lineClamp={1}>{k.panes.map((p) => p.model).join(" and ")} · <Time value={k.time} /></Text></Box>
          </Button>
          <Tooltip label="Forget it" withArrow><ActionIcon variant="subtle" color="gray" aria-label={`Forget ${title(k)}`} onClick={() => drop(k.id)}><IconTrash size={15} /></ActionIcon></Tooltip>
        </Group>
      ))}
      <Group justify="flex-end" mt="sm"><Button size="xs" variant="default" onClick={() => drop("")}>Forget all</Button></Group>
    </Stack>
  );
}
