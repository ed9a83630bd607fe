// The conversation as code for an SDK.
import { Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { type Call, sdks, snippet } from "../../lib/sdks";
import { Goto, Snippet } from "../../parts/parts";
import { useDataPlane } from "../../parts/serve";

const chosen = "sluice.playground.sdk";

export function CodeOf({ opened, onClose, call }: { opened: boolean; onClose: () => void; call: Omit<Call, "base"> }) {
  const base = useDataPlane();
  const [sdk, setSDK] = useState(() => localStorage.getItem(chosen) ?? "curl");
  const messages = call.messages.length > 0 ? call.messages : [{ role: "user" as const, content: "Hello" }];
  return (
    <Modal opened={opened} onClose={onClose} title="This call as code" size="xl" closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Select label="SDK" data={sdks} value={sdk} allowDeselect={false} onChange={(v) => { if (v) { setSDK(v); localStorage.setItem(chosen, v); } }} maw={280} />
        {opened && <Snippet text={snippet(sdk, { ...call, messages, base })} label="Copy the code" />}
        <Group gap="xs"><Text size="sm" c="dimmed">Every SDK reaches every model: only the base URL and the key are Sluice's. <code>SLUICE_KEY</code> holds a key.</Text><Goto to="/keys">Keys</Goto></Group>
      </Stack>
    </Modal>
  );
}
