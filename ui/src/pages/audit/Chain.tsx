// The state of the chain, as one walk over it found it.
import { Box, Button, Code, Group, Paper, Progress, Text } from "@mantine/core";
import { IconShieldCheck, IconShieldQuestion, IconShieldX } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { count } from "../../lib/format";
import { Copy, Failure, Info } from "../../parts/parts";

type Verified = Schemas["AuditVerified"];

export function Chain() {
  const cache = useQueryClient();
  const [found, setFound] = useState<Verified | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const [failed, setFailed] = useState<unknown>(null);

  const verify = async () => {
    setFailed(null);
    setFound(null);
    setShare(0);
    try {
      let after = 0, rows = 0, first = 0, pruned: Verified["pruned"] = null;
      for (;;) {
        const v = await got(api.GET("/api/v1/audit/verify", { params: { query: after ? { after: String(after) } : {} } }));
        if (!after) [first, pruned] = [v.first, v.pruned];
        rows += v.rows;
        setShare(v.end > 0 ? v.last / v.end : 1);
        if (v.broken || !v.next) {
          setFound({ ...v, rows, first, pruned });
          break;
        }
        after = v.next;
      }
    } catch (e) {
      setFailed(e);
    }
    setShare(null);
    void cache.invalidateQueries({ queryKey: ["audit"] });
  };

  const broken = found?.broken;
  const Icon = broken ? IconShieldX : found ? IconShieldCheck : IconShieldQuestion;
  const color = broken ? "var(--mantine-color-red-text)" : found ? "var(--mantine-color-green-text)" : "var(--mantine-color-dimmed)";
  return (
    <Paper withBorder p="md" component="section" aria-label="Chain">
      <Group justify="space-between" wrap="nowrap" gap="md">
        <Group gap="sm" wrap="nowrap" miw={0}>
          <Icon size={28} stroke={1.5} color={color} style={{ flex: "none" }} />
          <Box miw={0} role="status">
            <Group gap={4} wrap="nowrap">
              <Text fw={600}>{broken ? `The log does not hold at #${broken.seq}` : found ? `Verified up to #${found.last}` : "Not verified in this view yet"}</Text>
              <Info text="Each event holds the SHA-256 of the one before and of all that it says. Whoever changes, removes or moves one breaks the chain there, also in the database itself." />
            </Group>
            {broken ? <Text size="sm">{broken.why}. {count(found?.rows)} events before it hold.</Text> : found ? (
              <Group gap={4} wrap="nowrap"><Text size="sm" c="dimmed" truncate>{count(found.rows)} events from #{found.first}{found.pruned && `, those before removed by retention`}; head <Code>{found.hash.slice(0, 16)}…</Code></Text><Copy text={found.hash} label="Copy the head's hash" /><Info text="The hash of the last event. Keep it outside of Sluice: sluice audit verify --head HASH proves later that nothing which is here now is gone, also at the end of the log." /></Group>
            ) : <Text size="sm" c="dimmed">One walk over all events proves that nothing was altered or removed.</Text>}
          </Box>
        </Group>
        <Button variant="default" loading={share !== null} onClick={() => void verify()} style={{ flex: "none" }}>Verify</Button>
      </Group>
      {share !== null && <Progress value={share * 100} mt="sm" size="sm" aria-label="Verified" />}
      {failed !== null && <Box mt="sm"><Failure error={failed} /></Box>}
    </Paper>
  );
}
