// What is kept and for how long, and what the process tells of itself.
import { Code, Grid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useDocument } from "../../lib/document";
import { bytes, span } from "../../lib/format";
import { Failure, Goto, Panel, Snippet, Tag, Waiting } from "../../parts/parts";
import { Facts, InConfig } from "./Facts";

type Config = { audit?: { retain?: string }; storage?: { url?: string; search?: string; fsync?: string; spool?: { max?: string } }; telemetry?: Record<string, unknown> };

export function Data() {
  const gateways = useQuery({ queryKey: ["gateways", "list"], queryFn: () => got(api.GET("/api/v1/gateways")) });
  const config = useDocument();
  const failed = gateways.isError ? gateways : config.isError ? config : null;
  if (failed) return <Failure error={failed.error} retry={() => void failed.refetch()} />;
  if (!gateways.data || !config.data) return <Waiting rows={4} height={120} />;
  const c = config.data.config as Config;
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Stack gap="md">
          <Panel title="What is kept of calls" says="As each gateway's log says. Callers may keep less where the gateway allows them the control log; figures of analytics stay when calls go." right={<Goto to="/privacy">Privacy</Goto>}>
            <Stack gap={0}>{gateways.data.data.map((g) => <Gateway key={g.name} of={g} />)}</Stack>
          </Panel>
          <Panel title="Everything else">
            <Facts label="What else is kept" rows={[
              ["Audit log", <>{c.audit?.retain ? `for ${c.audit.retain}` : "for ever"} · <InConfig at="audit.retain" /> · <Goto to="/audit">Look</Goto></>],
              ["Database", <><Code className="lines">{c.storage?.url}</Code></>],
              ["Search in what was said", <>{c.storage?.search === "off" ? "off" : "on: an index beside the database, some seconds behind"} · <InConfig at="storage.search" /></>],
              ["On the way to the store", <>at most {c.storage?.spool?.max} on this node's disk; {c.storage?.fsync === "off" ? "they survive the process, not a power loss" : `forced to the disk every ${c.storage?.fsync}`} · <InConfig at="storage.fsync" /></>],
            ]} />
          </Panel>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}><Telemetry of={c.telemetry ?? {}} /></Grid.Col>
    </Grid>
  );
}

const kept: Record<string, string> = {
  none: "only the accounting of each call is kept: who, which model, tokens, cost, times. No metadata, nothing of what was said",
  metadata: "all but what was said is kept of each call: accounting, attempts, metadata",
};

function Gateway({ of: g }: { of: Schemas["Gateway"] }) {
  const l = g.log;
  const bodies = l.bodies === "full" ? `each call is kept with what was said, up to ${bytes(l.max_body)} of each body` : kept[l.bodies];
  return (
    <div className="section-line" style={{ padding: "10px 0" }}>
      <Text size="sm" component="div"><b>{g.name}</b> <Tag>{l.bodies}</Tag>{g.controls.includes("log") && <> <Tag>callers may keep less</Tag></>}</Text>
      <Text size="sm" mt={2}>Here {bodies}; {l.retain_s ? <>it is deleted after <b>{span(l.retain_s)}</b></> : <>it is <b>never deleted</b></>}. <InConfig at={`gateways.${g.name}.log`} /></Text>
    </div>
  );
}

const words = (v: unknown): string => (v === null || v === undefined || v === "" ? "off" : typeof v === "object" ? Object.entries(v).map(([k, x]) => `${k}: ${words(x)}`).join(", ") || "off" : String(v));

function Telemetry({ of }: { of: Record<string, unknown> }) {
  const address = `${location.origin}/metrics`;
  return (
    <Panel title="Metrics and log" says="What the process says about itself, for those who run it.">
      <Facts label="Metrics and log" rows={[...Object.entries(of).map(([k, v]): [string, ReactNode] => [k.replaceAll("_", " "), <>{words(v)} · <InConfig at={`telemetry.${k}`} /></>])]} />
      <Text size="sm" mt="md" mb={4}>Metrics are at</Text>
      <Snippet text={address} label="Copy the address of the metrics" />
      <Text size="sm" c="dimmed" mt={4}>Open to whoever reaches this listener; they hold no secret, and nothing of what was said.</Text>
      <Text size="sm" mt="md" mb={4}>In Prometheus</Text>
      <Snippet text={`scrape_configs:\n  - job_name: sluice\n    static_configs:\n      - targets: ["${location.host}"]`} label="Copy the scrape configuration" />
    </Panel>
  );
}
