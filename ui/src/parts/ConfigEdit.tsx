// The document in an editor: problems as one types, what a key means, and the way into force.
import { Alert, Anchor, Box, Button, Code, Grid, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconGitCompare } from "@tabler/icons-react";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { api, APIError, got, type Schemas } from "../api/client";
import { useParam } from "../lib/address";
import { applyDocument, compareDocument, type Compared, placeOf, type State } from "../lib/document";
import { type SchemaNode, schemaAt } from "../lib/outline";
import { Changes, Diff } from "./Change";
import { Editor } from "./Editor";
import { Copy, Failure, Panel, Tag, Time } from "./parts";

/** A text that is not in force yet, kept while this tab lives, and what it was made from. */
type Draft = { text: string; base: number | null; from: string };

const place = "sluice.config.draft";

function useDraft(now: State): [Draft, (d: Draft) => void] {
  const clean: Draft = { text: now.document, base: now.revision, from: now.document };
  const [draft, setDraft] = useState<Draft>(() => {
    try {
      return { ...clean, ...(JSON.parse(sessionStorage.getItem(place) ?? "{}") as Partial<Draft>) };
    } catch {
      return clean;
    }
  });
  const keep = useCallback((d: Draft) => {
    setDraft(d);
    if (d.text === d.from) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, JSON.stringify(d));
  }, []);
  useEffect(() => { // what nobody has touched follows what is in force
    if (draft.text === draft.from && (draft.text !== now.document || draft.base !== now.revision)) keep({ text: now.document, base: now.revision, from: now.document });
  }, [now.document, now.revision, draft, keep]);
  return [draft, keep];
}

export function ConfigEdit({ now }: { now: State }) {
  const [draft, setDraft] = useDraft(now);
  const [path, setPath] = useState<string[]>([]);
  const [at, setAt] = useParam("at");
  const sought = useMemo(() => (at ? placeOf(draft.text, at.split(".")) : null), [at]);
  const [line, setLine] = useState<{ line: number } | null>(sought);
  const [reviewing, setReviewing] = useState(false);
  const [settled] = useDebouncedValue(draft.text, 400);
  const changed = draft.text !== draft.from;
  const schema = useQuery({ queryKey: ["config-schema"], queryFn: () => got(api.GET("/api/v1/config/schema")), staleTime: Infinity });
  const check = useQuery({ queryKey: ["config", "check", settled], queryFn: () => compareDocument(settled), enabled: settled !== draft.from, gcTime: 0, retry: false, placeholderData: (before) => before });
  const compared = changed ? check.data : undefined;
  const pending = changed && (settled !== draft.text || check.isFetching);
  const problems = compared?.problems ?? none;
  const ready = changed && !pending && compared !== undefined;
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Panel title="Document" says="As it was written, comments included. Ctrl Space completes keys and values; Escape, then Tab leaves the editor." right={<Copy text={draft.text} label="Copy the document" />}>
          <Stack gap="sm">
            {sought && !sought.whole && <Alert variant="light" withCloseButton closeButtonLabel="Close" onClose={() => setAt("")}><Text size="sm"><Code>{at}</Code> does not stand in the document, so that its default holds. {sought.found ? <>It goes beneath <Code>{sought.found}</Code>.</> : <>Write it at the top level.</>}</Text></Alert>}
            <Editor label="Configuration document" text={draft.text} onChange={(text) => setDraft({ ...draft, text })} problems={problems} schema={schema.data?.schema as SchemaNode | undefined} onPlace={setPath} goto={line} onSave={() => ready && setReviewing(true)} />
            <Group justify="space-between" gap="xs">
              <Verdict changed={changed} pending={pending} compared={compared} failed={changed ? check.error : null} />
              <Group gap="xs">
                <Button variant="default" disabled={!changed} onClick={() => setDraft({ text: now.document, base: now.revision, from: now.document })}>Discard</Button>
                <Button disabled={!ready || !compared?.ok} onClick={() => setReviewing(true)}>{now.editable ? "Review and apply…" : "Compare and copy…"}</Button>
              </Group>
            </Group>
          </Stack>
        </Panel>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack gap="md">
          {problems.length > 0 && <Problems problems={problems} go={(n) => setLine({ line: n })} />}
          <Explained schema={schema.data?.schema as SchemaNode | undefined} path={path} />
        </Stack>
      </Grid.Col>
      {reviewing && <Review now={now} draft={draft} setDraft={setDraft} onClose={() => setReviewing(false)} />}
    </Grid>
  );
}

const none: Compared["problems"] = [];

function Verdict({ changed, pending, compared, failed }: { changed: boolean; pending: boolean; compared?: Compared; failed: unknown }) {
  const bad = compared?.problems.filter((p) => !p.warning).length ?? 0;
  const what = !changed ? "As it is in force." : failed ? "It could not be checked." : pending || !compared ? "Checking…" : bad ? `${bad} ${bad === 1 ? "problem" : "problems"}; the gateway would refuse it.` : compared.problems.length ? "It can be used, with warnings." : "The gateway would take it.";
  const icon = !changed || pending ? null : bad || failed ? <IconAlertTriangle size={16} /> : <IconCircleCheck size={16} />;
  return <Group gap={6} role="status" wrap="nowrap"><Text component="span" c={bad || failed ? "var(--mantine-color-red-text)" : "dimmed"} size="sm" className="verdict">{icon}{what}</Text></Group>;
}

function Problems({ problems, go }: { problems: Compared["problems"]; go: (line: number) => void }) {
  return (
    <Panel title="Problems" says="All that is wrong with the document, and what deserves a second look.">
      <Stack gap="sm" component="ul" m={0} p={0} className="plain-list">
        {problems.map((p, i) => (
          <Box component="li" key={i}>
            <Group gap={6} mb={2}><Tag tone={p.warning ? "warning" : "error"}>{p.warning ? "warning" : "problem"}</Tag>{p.line ? <Anchor component="button" type="button" size="xs" onClick={() => go(p.line!)}>line {p.line}</Anchor> : null}</Group>
            {p.path && <Text size="xs" ff="monospace" c="dimmed" className="lines">{p.path}</Text>}
            <Text size="sm" className="lines">{p.message}</Text>
          </Box>
        ))}
      </Stack>
    </Panel>
  );
}

/** What the key at the cursor means. */
function Explained({ schema, path }: { schema?: SchemaNode; path: string[] }) {
  const node = schema && path.length > 0 ? schemaAt(schema, path) : undefined;
  const keys = Object.keys(node?.properties ?? {});
  return (
    <Panel title="This key" says="What the key at the cursor means. docs/config.md lists them all.">
      {!node ? <Text size="sm" c="dimmed">{path.length > 0 && schema ? "There is no key of this name here." : "Put the cursor on a key to read what it means."}</Text> : (
        <Stack gap={6}>
          <Text size="sm" fw={600} ff="monospace" className="lines">{path.join(".")}</Text>
          <Text size="sm">{node.description ?? "A name of your choice."}</Text>
          <Group gap="xs">
            {node["x-type"] && <Tag>{node["x-type"]}</Tag>}
            {node.default !== undefined && <Text size="sm" c="dimmed">default <Code>{String(node.default)}</Code></Text>}
          </Group>
          {node.enum && <Text size="sm" c="dimmed">One of {node.enum.map((v, i) => <span key={v}>{i > 0 && ", "}<Code>{v}</Code></span>)}</Text>}
          {node.examples && <Text size="sm" c="dimmed" className="lines">Such as <Code>{node.examples[0]}</Code></Text>}
          {keys.length > 0 && <Text size="sm" c="dimmed" className="lines">Holds {keys.join(", ")}</Text>}
        </Stack>
      )}
    </Panel>
  );
}

/** The last look before a document is in force. */
function Review({ now, draft, setDraft, onClose }: { now: State; draft: Draft; setDraft: (d: Draft) => void; onClose: () => void }) {
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const [theirs, setTheirs] = useState<Schemas["Revision"] | null>(null);
  const diff = useQuery({ queryKey: ["config", "diff", draft.text, now.revision], queryFn: () => compareDocument(draft.text), gcTime: 0, retry: false });
  const moved = theirs !== null || (now.editable && draft.base !== now.revision);
  const apply = async () => {
    setBusy(true);
    setFailed(null);
    try {
      const done = await applyDocument(draft.text, draft.base, note);
      setDraft({ text: draft.text, base: done.revision, from: draft.text });
      await queries.invalidateQueries();
      notifications.show({ message: done.in_force ? `Revision ${done.revision} is in force.` : `Revision ${done.revision} is stored, but this node cannot use it yet; see its health.`, color: done.in_force ? "green" : "yellow", closeButtonProps: { "aria-label": "Close" } });
      onClose();
    } catch (e) {
      if (e instanceof APIError && e.code === "conflict") {
        const newest = await got(api.GET("/api/v1/config/revisions", { params: { query: { limit: "1" } } })).catch(() => null);
        setTheirs(newest?.data[0] ?? null);
        await queries.invalidateQueries({ queryKey: ["config"] });
        if (!newest?.data[0]) setFailed(e);
      } else setFailed(e);
    } finally {
      setBusy(false);
    }
  };
  const onTop = () => {
    setDraft({ ...draft, base: theirs?.number ?? now.revision });
    setTheirs(null);
  };
  return (
    <Modal opened onClose={onClose} size="xl" title={now.editable ? "Review and apply" : "Compare and copy"} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="sm">
        {moved && <Conflict base={draft.base} number={theirs?.number ?? now.revision} keep={onTop} />}
        {diff.isError ? <Failure error={diff.error} retry={() => void diff.refetch()} /> : diff.data ? <Changes diff={diff.data} /> : <Text size="sm" c="dimmed">Comparing…</Text>}
        {failed !== null && <Failure error={failed} />}
        {now.editable ? (
          <>
            <TextInput label="Note" description="Why, for whoever reads the history." data-autofocus maxLength={500} value={note} onChange={(e) => setNote(e.currentTarget.value)} />
            <Group justify="flex-end"><Button variant="default" onClick={onClose}>Keep editing</Button><Button loading={busy} disabled={!diff.data?.ok || !diff.data.text || moved} onClick={() => void apply()}>Apply</Button></Group>
          </>
        ) : (
          <>
            <Text size="sm">Save this as <Code>{now.file}</Code>; the gateway reads it at once.{draft.text.includes("hidden:plain") && <> Where it says <Code>hidden:plain</Code>, keep what the file has: it is not shown here.</>}</Text>
            <Group justify="flex-end"><Button variant="default" onClick={onClose}>Keep editing</Button><CopyAll text={draft.text} /></Group>
          </>
        )}
      </Stack>
    </Modal>
  );
}

function CopyAll({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  return <Button onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>{copied ? "Copied" : "Copy the document"}</Button>;
}

/** Whose change came in between, and what it was. */
function Conflict({ base, number, keep }: { base: number | null; number: number | null; keep: () => void }) {
  const query = { from: String(base ?? number ?? 1), to: String(number ?? 1) };
  const other = useQuery({ queryKey: ["config", "revision", number], queryFn: () => got(api.GET("/api/v1/config/revisions/{n}", { params: { path: { n: String(number) } } })), enabled: number !== null });
  const between = useQuery({ queryKey: ["config", "between", query], queryFn: () => got(api.POST("/api/v1/config/diff", { params: { query }, body: "" as never, bodySerializer: () => "" })), enabled: number !== null });
  return (
    <Alert color="yellow" variant="light" icon={<IconGitCompare size={18} />} title="Somebody else changed the document meanwhile">
      <Stack gap="xs">
        <Text size="sm">{other.data ? <>Revision {other.data.number} of {other.data.author.name}, <Time value={other.data.time} />{other.data.note && <>: {other.data.note}</>}. </> : "There is a newer revision. "}Nothing was changed, and your text is kept. This is what they changed:</Text>
        {between.data?.text && <Diff text={between.data.text} />}
        <Text size="sm">Your document does not hold their change unless you add it. The comparison below is with theirs: what it takes away is lost when you apply.</Text>
        <Group><Button size="xs" variant="default" onClick={keep}>Go on from revision {number}</Button></Group>
      </Stack>
    </Alert>
  );
}
