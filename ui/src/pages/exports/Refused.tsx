// Entries that a sink refused for good, with its words.
import { Box, Button, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../../api/client";
import { Failure, Goto, Time, Waiting } from "../../parts/parts";

const listed = 100; // the API lists no more

export function Refused({ name }: { name: string }) {
  const [open, setOpen] = useState(false);
  const detail = useQuery({ queryKey: ["exports", name], queryFn: () => got(api.GET("/api/v1/exports/{name}", { params: { path: { name } } })), enabled: open, refetchInterval: 15_000 });
  const rows = detail.data?.refused ?? [];
  return (
    <Box mt="sm">
      <Button size="compact-sm" variant="subtle" leftSection={open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />} onClick={() => setOpen(!open)} aria-expanded={open}>What was set aside</Button>
      {open && (detail.isError ? <Failure error={detail.error} /> : !detail.data ? <Waiting rows={3} height={28} /> : (
        <Box className="scroll">
          <table className="rows" aria-label={`Set aside by ${name}`}>
            <thead><tr><th scope="col">Call</th><th scope="col">What the sink said</th><th scope="col">When</th></tr></thead>
            <tbody>
              {rows.map((r) => <tr key={r.entry_id}><td className="nowrap"><Goto to="/logs" extra={{ call: r.entry_id }}>{r.entry_id}</Goto></td><td className="wrap">{r.reason}</td><td className="nowrap"><Time value={r.time} /></td></tr>)}
            </tbody>
          </table>
          {rows.length >= listed && <Text size="xs" c="dimmed" p="xs">The newest {listed}.</Text>}
        </Box>
      ))}
    </Box>
  );
}
