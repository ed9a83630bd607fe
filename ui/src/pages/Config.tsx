// The configuration document: edited, compared, put in force, and what it was before.
import { Alert, Button, Code, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconFileText } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { APIError } from "../api/client";
import { useParam } from "../lib/address";
import { type State, useDocument } from "../lib/document";
import { toYAML } from "../lib/yaml";
import { ConfigEdit } from "../parts/ConfigEdit";
import { ConfigHistory } from "../parts/ConfigHistory";
import { Copy, Failure, PageTitle, Panel, Tag, Time, Waiting } from "../parts/parts";

/** What GET /api/v1/config tells beside the document. */
type Standing = State & { applied: string; restart: string[]; refused: { revision: number | null; message: string } | null };

export default function Config() {
  const [tab, setTab] = useParam("tab");
  const config = useDocument(15_000);
  const now = config.data as Standing | undefined;
  return (
    <>
      <PageTitle title="Config" says="The one document that says how this gateway works. Every change is checked first, and every state is kept.">
        <SegmentedControl aria-label="What to show" data={[{ value: "", label: "Edit" }, { value: "force", label: "With defaults" }, { value: "history", label: "History" }]} value={tab} onChange={setTab} />
      </PageTitle>
      {config.isError && !now ? <Failure error={config.error} retry={config.error instanceof APIError && config.error.status === 403 ? undefined : () => void config.refetch()} /> : !now ? <Waiting rows={10} height={36} /> : (
        <Stack gap="md">
          <Facts now={now} />
          {now.refused && <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title="A newer document is not used here"><Text size="sm" className="lines">{now.refused.message}</Text></Alert>}
          {now.restart.length > 0 && <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />}>Some settings wait for the next start of this node: {now.restart.map((r, i) => <span key={r}>{i > 0 && ", "}<Code>{r}</Code></span>)}</Alert>}
          {tab === "history" ? <ConfigHistory now={now} /> : tab === "force" ? <InForce now={now} /> : <ConfigEdit now={now} />}
        </Stack>
      )}
    </>
  );
}

/** Which document that is, and where it comes from. */
function Facts({ now }: { now: Standing }) {
  return (
    <Stack gap="sm">
      <Group gap="xs" aria-label="The document in force" role="group">
        <Tag tone="accent">{now.revision === null ? "not recorded yet" : `revision ${now.revision}`}</Tag>
        <Tag>{now.source === "file" ? "from a file" : "from the store"}</Tag>
        <Text size="sm" c="dimmed">applied <Time value={now.applied} /></Text>
      </Group>
      {!now.editable && (
        <Alert variant="light" icon={<IconFileText size={18} />} title={<>The configuration comes from the file <Code>{now.file}</Code></>}>
          <Text size="sm">It is changed there: the gateway reads the file when it is saved, and the history below records it. Here a change can be written, checked, compared and copied. To change it here instead, move the file away and restart Sluice; it goes on with the same document, from its store.</Text>
        </Alert>
      )}
    </Stack>
  );
}

function InForce({ now }: { now: Standing }) {
  const [find, setFind] = useState("");
  const yaml = useMemo(() => toYAML(now.config), [now.config]);
  const lines = useMemo(() => (find ? yaml.split("\n").filter((l) => l.toLowerCase().includes(find.toLowerCase())).join("\n") : yaml), [yaml, find]);
  return (
    <Panel title="In force" says="What the document and the environment say, with every default and every provider that was found. Secrets are shown as references." right={<Copy text={yaml} label="Copy the document" />}>
      <Stack gap="xs">
        <TextInput data-search size="xs" placeholder="Find a line  ( / )" aria-label="Find a line" value={find} onChange={(e) => setFind(e.currentTarget.value)} />
        <Code block className="yaml" tabIndex={0} aria-label="The configuration in force">{lines || "No line has this."}</Code>
        {find && <Group><Button size="xs" variant="subtle" onClick={() => setFind("")}>Show every line</Button></Group>}
      </Stack>
    </Panel>
  );
}
