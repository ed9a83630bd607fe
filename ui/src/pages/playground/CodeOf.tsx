// The conversation as code for an SDK, of each model that is asked.
import { Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { type Call, leftOut, sdks, snippet } from "../../lib/sdks";
import { Goto, Snippet } from "../../parts/parts";
import { useDataPlane } from "../../parts/serve";

const chosen = "sluice.playground.sdk";

export function CodeOf({ opened, onClose, calls }: { opened: boolean; onClose: () => void; calls: Omit<Call, "base">[] }) {
  const base = useDataPlane();
  const [sdk, setSDK] = useState(() => localStorage.getItem(chosen) ?? "curl");
  const left = calls[0] ? leftOut(sdk, calls[0].params) : [];
  return (
    <Modal opened={opened} onClose={onClose} title={calls.length > 1 ? "These calls as code" : "This call as code"} size="xl" closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Select label="SDK" data={sdks} value={sdk} allowDeselect={false} onChange={(v) => { if (v) { setSDK(v); localStorage.setItem(chosen, v); } }} maw={280} />
        {left.length > 0 && <Text size="sm">This API has no words for {left.join(", ")}, which the code leaves out.</Text>}
        {opened && calls.map((call, i) => (
          <Stack key={i} gap={4} role="group" aria-label={`Code for ${call.model}`}>
            {calls.length > 1 && <Text size="sm" fw={600}>{call.model}</Text>}
            <Snippet text={snippet(sdk, { ...call, messages: call.messages.length > 0 ? call.messages : [{ role: "user" as const, content: "Hello" }], base })} label={calls.length > 1 ? `Copy the code for ${call.model}` : "Copy the code"} />
          </Stack>
        ))}
        <Group gap="xs"><Text size="sm" c="dimmed">Every SDK reaches every model: only the base URL and the key are Sluice's. <code>SLUICE_KEY</code> holds a key.</Text><Goto to="/keys">Keys</Goto></Group>
      </Stack>
    </Modal>
  );
}
