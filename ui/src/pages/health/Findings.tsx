// What the doctor found: what needs mending first, then what is well.
import { Box, Card, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconExclamationCircle } from "@tabler/icons-react";
import type { Schemas } from "../../api/client";
import { count } from "../../lib/format";
import { Info, Panel, Tag, Time } from "../../parts/parts";

type Finding = Schemas["Finding"];

/** What each check looks at, for people; docs/doctor.md has a section for each. */
const checks: Record<string, [name: string, says: string]> = {
  configuration: ["Configuration", "Whether the newest document is in force. A refused one leaves the one before in force."],
  "disk-space": ["Disk space", "Free space where data and spool lie. A full disk stops new calls."],
  "disk-write": ["Writing to the disk", "Whether files can be made in the data directory, forced to the disk and locked."],
  "file-system": ["File system", "Whether a database of SQLite lies on a disk of this machine and not behind a network."],
  permissions: ["Permissions", "Whether other users of this machine may read secrets or change the data."],
  "open-files": ["Open files", "How many files the system lets the process open: a call takes up to two."],
  memory: ["Memory", "Whether the bounds of memory fit what the machine or container has."],
  "time-zones": ["Time zones", "Whether the zones that budgets name are known here."],
  ports: ["Ports", "Whether the listeners' addresses are free."],
  proxies: ["Proxies", "Whether the proxy that the environment names answers."],
  dns: ["Names", "Whether providers' names are found, and soon: every new connection waits for that."],
  ipv6: ["IPv6", "Whether providers that have IPv6 addresses are reached by them."],
  "base-url": ["Base URL", "Whether a provider's base_url has a part twice."],
  vendor: ["Provider", "One small call: name, connection, certificate, credential, address and clock."],
  store: ["Store", "Whether the database can be reached, has a schema that this version knows, and answers in time."],
  "master-key": ["Master key", "Whether the master key opens the credentials and secrets that the store keeps sealed."],
  redis: ["Redis", "Whether the shared memory answers soon, keeps what it is given, and has the right time."],
  certificates: ["Certificates", "Whether the listeners' certificates can be used, and for how long."],
  backups: ["Backups", "Whether backups by the clock are made as often as the configuration says."],
  exports: ["Exports", "Whether entries come to each sink, and how far behind one is."],
  telemetry: ["Telemetry", "Whether destinations of OTLP take what they are sent."],
  alerts: ["Alerts", "Whether alerts have reached their channels."],
  spool: ["Spool", "Whether entries come into the store."],
};

const nameOf = (f: Finding) => checks[f.check]?.[0] ?? f.check;

export function Findings({ of: d }: { of: Schemas["Diagnosis"] }) {
  const bad = d.findings.filter((f) => f.level === "problem" || f.level === "warning");
  const rest = d.findings.filter((f) => f.level === "ok" || f.level === "skipped");
  return (
    <>
      <Panel title="What to mend" says="What does not work comes first, then what works, but not well or not for long." right={<Text size="sm" c="dimmed" className="nowrap">checked <Time value={d.time} /></Text>}>
        {bad.length === 0 ? (
          <Group gap="sm" wrap="nowrap"><Box component={IconCircleCheck} size={22} c="green.7" style={{ flex: "none" }} /><Text size="sm">All is well: {count(d.findings.length)} checks found nothing to mend.</Text></Group>
        ) : (
          <Stack gap="sm" component="ul" className="plain-list" aria-label="What to mend">{bad.map((f, i) => <Bad key={i} f={f} />)}</Stack>
        )}
      </Panel>
      <Card withBorder padding={0}>
        <Box className="scroll">
          <table className="rows" aria-label="What is well">
            <thead><tr><th scope="col">Check</th><th scope="col">Of</th><th scope="col">Found</th><th scope="col" className="n hide-small">Took</th></tr></thead>
            <tbody>
              {rest.map((f, i) => (
                <tr key={i}>
                  <td className="nowrap"><Group gap={4} wrap="nowrap"><span>{nameOf(f)}</span><Info text={checks[f.check]?.[1] ?? ""} /></Group></td>
                  <td className="path">{f.object || <Text span c="dimmed" inherit>this node</Text>}</td>
                  <td>{f.level === "skipped" ? <Text span c="dimmed" inherit>not looked at: {f.message}</Text> : f.message}</td>
                  <td className="n hide-small">{f.took_ms < 1 ? "< 1" : count(f.took_ms)} ms</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Box>
      </Card>
    </>
  );
}

function Bad({ f }: { f: Finding }) {
  const problem = f.level === "problem";
  return (
    <li className="finding" data-level={f.level}>
      {problem ? <IconExclamationCircle size={20} aria-hidden /> : <IconAlertTriangle size={20} aria-hidden />}
      <Box miw={0}>
        <Group gap="xs"><Text fw={600} size="sm">{nameOf(f)}{f.object && ` · ${f.object}`}</Text><Tag tone={problem ? "error" : "warning"}>{problem ? "does not work" : "warning"}</Tag><Info text={checks[f.check]?.[1] ?? ""} /></Group>
        <Text size="sm" mt={2} className="wrap">{f.message}</Text>
        {f.mend && <Text size="sm" mt={6} c="dimmed" className="wrap"><b>To mend it:</b> {f.mend}</Text>}
      </Box>
    </li>
  );
}
