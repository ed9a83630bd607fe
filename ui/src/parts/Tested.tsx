// What a small call at a provider found.
import { Alert, Code, Group, List, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { count, ms, span } from "../lib/format";
import type { Trial } from "../lib/provider";

const titles: Record<string, string> = {
  credential: "The vendor refuses the key", base_url: "That is not the vendor's API", dns: "The host is not found", tls: "No safe connection", clock: "This machine's clock is wrong",
  connect: "Nothing answers there", timeout: "No answer in time", rate_limited: "The key works, but the vendor has no room for it", model: "The vendor does not know the model", vendor: "The vendor fails by itself", request: "The vendor refuses the call",
};

export function Tested({ trial: t }: { trial: Trial }) {
  const facts = [t.asked ? `asked ${t.asked} for one token` : "read the list of models", t.credential && `with the credential ${t.credential}`, t.status ? `status ${t.status}` : "no answer", ms(t.latency_ms)].filter(Boolean).join(" · ");
  if (t.ok) {
    return (
      <Alert color="green" variant="light" icon={<IconCircleCheck size={18} />} title="It works">
        <Text size="sm">{facts}{t.models.length > 0 && ` · ${count(t.models.length)} models`}</Text>
        {t.clock_s !== 0 && <Text size="sm">Its clock and this machine's differ by {span(Math.abs(t.clock_s))}.</Text>}
      </Alert>
    );
  }
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={titles[t.problem] ?? "It does not work"}>
      <Stack gap={6}>
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>{t.message}</Text>
        {t.mend && <List size="sm" icon="→"><List.Item>{t.mend}</List.Item></List>}
        {t.said && <details><summary><Text size="xs" component="span" c="dimmed">What the vendor said</Text></summary><Code block className="pre" mt={6} tabIndex={0}>{t.said}</Code></details>}
        <Group><Text size="xs" c="dimmed">{facts}</Text></Group>
      </Stack>
    </Alert>
  );
}
