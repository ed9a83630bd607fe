// Backups by the clock: when, where to, which are there, why one failed.
import { Alert, Box, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../../api/client";
import { bytes, count, span } from "../../lib/format";
import { Panel, Snippet, Tag, Time } from "../../parts/parts";

type Schedule = Schemas["BackupSchedule"];

/** made: whether any backup is known of. */
export function Backups({ made }: { made: boolean }) {
  const backups = useQuery({ queryKey: ["backups"], queryFn: () => got(api.GET("/api/v1/backups")), refetchInterval: 60_000 });
  if (!backups.data) return null;
  const s = backups.data.schedule;
  return (
    <Panel title="Backups" says="One file with all that the store holds, taken while the gateway serves and proven before it gets its name. It can be restored into SQLite and PostgreSQL. The master key is not in it." right={s && <Text size="sm" c="dimmed" className="nowrap">each {span(s.every_s)}{s.next && <>, next <Time value={s.next} /></>}</Text>}>
      {s ? <ByTheClock of={s} /> : (
        <>
          <Text size="sm" mb="xs">No backups are made by the clock. Have the gateway make them, in the configuration:</Text>
          <Snippet text={"backups:\n  every: 24h\n  to: /var/backups/sluice   # or s3://bucket/prefix\n  keep: 7"} label="Copy the lines" />
          {!made && <><Text size="sm" mt="sm" mb={4} c="dimmed">Or make one now:</Text><Box><Snippet text={"sluice backup --encrypt sluice.tar.zst.age\nsluice backup verify sluice.tar.zst.age"} label="Copy the commands" /></Box></>}
        </>
      )}
    </Panel>
  );
}

function ByTheClock({ of: s }: { of: Schedule }) {
  const bad = s.error || s.warning;
  return (
    <>
      {bad && <Alert color={s.overdue ? "red" : "yellow"} variant="light" mb="sm" icon={<IconAlertTriangle size={18} />} title={s.error ? `The last ${s.failures_in_a_row === 1 ? "try" : `${s.failures_in_a_row} tries`} failed` : "Old backups could not be deleted"}><Text size="sm" className="wrap">{bad}</Text></Alert>}
      <Group gap="xs" mb={s.files.length ? "xs" : 0}><Text size="sm">To <b className="path">{s.to}</b>, the newest {s.keep} stay{s.entries ? ", with the calls" : ", without the calls"}.</Text><Tag>{s.encrypted ? "encrypted" : "not encrypted"}</Tag>{s.overdue && <Tag tone="error">overdue</Tag>}</Group>
      {s.files.length === 0 ? <Text size="sm" c="dimmed">There is none yet.</Text> : (
        <Box className="scroll">
          <table className="rows tight" aria-label="Backups that are there">
            <thead><tr><th scope="col">Made</th><th scope="col">Name</th><th scope="col" className="n">Size</th><th scope="col" className="n hide-small">Rows</th></tr></thead>
            <tbody>{s.files.map((f) => <tr key={f.name}><td className="nowrap"><Time value={f.time} /></td><td className="path" title={`SHA-256 ${f.sha256}`}>{f.name}</td><td className="n">{bytes(f.bytes)}</td><td className="n hide-small">{count(f.rows)}</td></tr>)}</tbody>
          </table>
        </Box>
      )}
    </>
  );
}
