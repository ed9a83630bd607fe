// A change of the configuration on its way: what it would do, then in force. Where a file is
// the source, the page shows what to write there and waits until it is read.
import { Alert, Box, Button, Code, Group, Loader, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconFileText, IconGitCompare } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { APIError } from "../api/client";
import { applyDocument, compareDocument, type Compared, type Difference, type Problem, useDocument } from "../lib/document";
import { Copy, Failure, Snippet, Tag, Waiting } from "./parts";

type Props = {
  /** Gives the changed document; it is called again when somebody else changed it meanwhile. */
  make: (document: string) => string;
  note: string;
  /** The change is in force. */
  done: () => void;
  back?: () => void;
  /** What comes before the document, such as storing a secret that it names. */
  before?: () => Promise<void>;
  verb?: string;
  /** Problems that are none, since what comes after the change mends them. */
  mended?: (p: Problem) => boolean;
};

export function Change({ make, note, done, back, before, verb = "Apply", mended }: Props) {
  const queries = useQueryClient();
  const state = useDocument();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const [moved, setMoved] = useState(false);
  const [waiting, setWaiting] = useState(false);
  const text = useMemo(() => {
    try {
      return state.data ? make(state.data.document) : "";
    } catch (e) {
      return e as Error;
    }
  }, [state.data, make]);
  const diff = useQuery({ queryKey: ["config", "diff", text], queryFn: () => compareDocument(text as string), enabled: typeof text === "string" && state.data !== undefined, retry: false, gcTime: 0 });

  const settled = async () => {
    await Promise.all(["config", "gateways", "providers", "models", "routes", "health"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    done();
  };
  const apply = async () => {
    setBusy(true);
    setFailed(null);
    try {
      await before?.();
      if (state.data?.editable === false) {
        setWaiting(true);
        return;
      }
      await applyDocument(text as string, state.data!.revision, note);
      await settled();
    } catch (e) {
      if (e instanceof APIError && e.code === "conflict") {
        setMoved(true);
        await state.refetch();
      } else if (e instanceof APIError && e.code === "config_from_file") {
        await state.refetch();
        setWaiting(true);
      } else setFailed(e);
    } finally {
      setBusy(false);
    }
  };

  if (text instanceof Error) return <Failure error={text} />;
  if (state.isError) return <Failure error={state.error} retry={() => void state.refetch()} />;
  if (diff.isError) return <Failure error={diff.error} retry={() => void diff.refetch()} />;
  if (!state.data || !diff.data) return <Waiting rows={4} height={32} />;
  const d = mended ? { ...diff.data, problems: diff.data.problems.filter((p) => !p.warning || !mended(p)) } : diff.data;
  if (waiting) return <InFile text={text} file={state.data.file ?? "sluice.yaml"} diff={d} done={() => void settled()} back={() => setWaiting(false)} />;
  return (
    <Stack gap="sm">
      {moved && <Alert color="yellow" variant="light" icon={<IconGitCompare size={18} />}>Somebody else changed the configuration meanwhile. This is your change on top of theirs: look at it again.</Alert>}
      <Changes diff={d} />
      {!state.data.editable && <Alert variant="light" icon={<IconFileText size={18} />}>The configuration comes from the file <Code>{state.data.file ?? "sluice.yaml"}</Code>, so that it is changed there. The next step shows what to write.</Alert>}
      {failed !== null && <Failure error={failed} />}
      <Group justify="flex-end">
        {back && <Button variant="default" onClick={back}>Back</Button>}
        <Button onClick={() => void apply()} loading={busy} disabled={!d.ok || (d.changes.length === 0 && d.text === "")}>{state.data.editable ? verb : "Show what to write"}</Button>
      </Group>
    </Stack>
  );
}

/** What a document would change: by key, by line, and what is wrong with it. */
export function Changes({ diff: d }: { diff: Compared }) {
  return (
    <Stack gap="sm">
      {d.problems.length > 0 && (
        <Alert color={d.ok ? "yellow" : "red"} variant="light" icon={<IconAlertTriangle size={18} />} title={d.ok ? "It can be used, but" : "The gateway would refuse it"}>
          {d.problems.map((p, i) => <Text size="sm" key={i}>{p.message}{p.path && <Text component="span" size="xs" c="dimmed"> · {p.path}{p.line ? `, line ${p.line}` : ""}</Text>}</Text>)}
        </Alert>
      )}
      {d.restart.length > 0 && <Alert color="yellow" variant="light">In force only after a restart: {d.restart.join(", ")}.</Alert>}
      {d.changes.length === 0 && <Text size="sm" c="dimmed">{d.text ? "Only comments and the form change." : "Nothing changes."}</Text>}
      {d.changes.length > 0 && <Box component="ul" m={0} pl={0} style={{ listStyle: "none" }}>{d.changes.map((c) => <ChangeLine key={c.path} change={c} />)}</Box>}
      {d.text && <Diff text={d.text} />}
    </Stack>
  );
}

function ChangeLine({ change: c }: { change: Difference }) {
  return (
    <Group component="li" gap={8} wrap="nowrap" align="flex-start" py={2}>
      <Tag tone={c.kind === "added" ? "accent" : c.kind === "removed" ? "error" : "warning"}>{c.kind}</Tag>
      <Text size="sm" style={{ overflowWrap: "anywhere" }}><b>{c.path}</b>{c.kind === "changed" && ` ${words(c.before)} → ${words(c.after)}`}{c.kind === "added" && <Text component="span" size="sm" c="dimmed"> {words(c.after)}</Text>}</Text>
    </Group>
  );
}

const words = (v: unknown) => (v === null ? "nothing" : typeof v === "object" ? JSON.stringify(v) : String(v));

/** A unified diff, line by line. */
export function Diff({ text }: { text: string }) {
  const all = text.replace(/\n$/, "").split("\n");
  const lines = all[0]?.startsWith("--- ") ? all.slice(2) : all; // without the names of the two sides
  return (
    <Code block className="diff" tabIndex={0} aria-label="Lines that change">
      {lines.map((l, i) => <span key={i} data-kind={l.startsWith("@@") ? "place" : l.startsWith("+") ? "new" : l.startsWith("-") ? "old" : undefined}>{l.startsWith("@@") ? "⋯" : l}{"\n"}</span>)}
    </Code>
  );
}

function InFile({ text, file, diff, done, back }: { text: string; file: string; diff: Compared; done: () => void; back: () => void }) {
  const now = useDocument(2000);
  const there = useQuery({ queryKey: ["config", "there", now.data?.document, text], queryFn: () => compareDocument(text), enabled: now.data !== undefined, gcTime: 0 });
  const arrived = there.data?.changes.length === 0;
  useEffect(() => {
    if (arrived) done();
    // eslint-disable-next-line -- once, when it has arrived
  }, [arrived]);
  const added = diff.text.split("\n").filter((l) => l.startsWith("+") && !l.startsWith("+++")).map((l) => l.slice(1)).join("\n");
  return (
    <Stack gap="sm">
      <Text size="sm">Add these lines to <Code>{file}</Code> <Copy text={file} label="Copy the path" /> where the comparison shows them. The gateway reads the file when it changes, and this page goes on by itself.</Text>
      <Snippet text={added} label="Copy the lines" />
      <details><summary><Text size="sm" component="span">Where they belong, and the whole document</Text></summary>
        <Stack gap="sm" mt="sm"><Diff text={diff.text} />{text.includes("hidden:plain") && <Alert color="yellow" variant="light">Where this says <Code>hidden:plain</Code>, keep what the file has: it is not shown here.</Alert>}<Snippet text={text} label="Copy the document" /></Stack>
      </details>
      <Group justify="space-between"><Group gap={8}><Loader size="xs" /><Text size="sm" c="dimmed" role="status">Waiting until the file is read…</Text></Group><Button variant="default" onClick={back}>Back</Button></Group>
    </Stack>
  );
}
