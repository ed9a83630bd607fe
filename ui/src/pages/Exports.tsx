// Where entries are brought to, and how far that has come.
import "../callers.css";
import { Stack, Text } from "@mantine/core";
import { IconPackageExport } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../api/client";
import { count, span } from "../lib/format";
import { useMay } from "../lib/may";
import { Empty, Failure, Figure, Goto, PageTitle, Snippet, Waiting } from "../parts/parts";
import { type Export, ExportCard } from "./exports/ExportCard";

const example = `exports:
  archive:
    to: jsonl          # or parquet, s3, webhook, kafka, nats, splunk,
    path: exports      # elasticsearch, datadog, langfuse
    rotate: { size: 100MB, every: 24h, keep: 30 }
  failures:
    to: webhook
    url: https://hooks.example.com/sluice
    filter: status >= 400`;

export default function Exports() {
  const may = useMay();
  const exports = useQuery({ queryKey: ["exports"], queryFn: () => got(api.GET("/api/v1/exports")), refetchInterval: 5_000, placeholderData: keepPreviousData, enabled: may.admin });
  return (
    <>
      <PageTitle title="Exports" says="Where entries are brought to, each at least once, and how far that has come." />
      {!may.admin ? <Empty icon={IconPackageExport} title="Exports are for system admins"><Text ta="center" c="dimmed">They carry the calls of all workspaces. Those of yours are on the page <Goto to="/logs">Logs</Goto>.</Text></Empty>
        : exports.isError ? <Failure error={exports.error} retry={() => void exports.refetch()} />
        : !exports.data ? <Waiting rows={3} height={170} />
        : exports.data.data.length === 0 ? (
          <Empty icon={IconPackageExport} title="Entries are exported nowhere">
            <Text ta="center" c="dimmed" mb="sm">Write where they go into the <Goto to="/config">configuration</Goto>. From then on every call arrives there, also after an outage of either side; serving never waits for it:</Text>
            <Snippet text={example} label="Copy the example" />
          </Empty>
        ) : <List all={exports.data.data} />}
    </>
  );
}

const order: Export["state"][] = ["failing", "waiting", "paused", "running", "gone"];

/** What needs somebody comes first, as it was when the page was opened: nothing moves while it is read. */
function List({ all }: { all: Export[] }) {
  const [names] = useState(() => [...all].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name)).map((x) => x.name));
  const at = (x: Export) => (names.includes(x.name) ? names.indexOf(x.name) : names.length);
  return (
    <Stack gap="md">
      <Figures all={all} />
      {[...all].sort((a, b) => at(a) - at(b)).map((x) => <ExportCard key={x.name} of={x} />)}
    </Stack>
  );
}

function Figures({ all }: { all: Export[] }) {
  const live = all.filter((x) => x.state !== "gone");
  const failing = live.filter((x) => x.state === "failing").length;
  const sum = (of: (x: Export) => number) => live.reduce((n, x) => n + of(x), 0);
  const oldest = Math.max(0, ...live.filter((x) => x.lag_entries > 0).map((x) => x.lag_seconds));
  const aside = sum((x) => x.set_aside);
  return (
    <div className="four">
      <Figure label="Exports" value={count(live.length)} tone={failing ? "var(--mantine-color-red-text)" : undefined} note={failing ? `${failing} ${failing === 1 ? "fails" : "fail"}` : "none fails"} says="Exports of the configuration in force. One that was removed from it is listed for a week more, and not counted here." />
      <Figure label="Behind" value={count(sum((x) => x.lag_entries))} note={oldest ? `the oldest for ${span(oldest)}` : "nothing waits"} says="Entries that wait to be sent, of all exports together; one that waits for two of them counts twice." />
      <Figure label="Sent" value={count(sum((x) => x.sent))} note={`${count(sum((x) => x.failed))} tries failed`} says="Entries that sinks have taken since each export was first configured." />
      <Figure label="Set aside" value={count(aside)} tone={aside ? "var(--tag-warning-ink)" : undefined} note={sum((x) => x.deleted) ? `${count(sum((x) => x.deleted))} deleted before they went` : "refused for good"} says="Entries that a sink refused for good. They stay in the store, and are listed below with what the sink said." />
    </div>
  );
}
