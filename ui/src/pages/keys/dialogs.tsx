// What is shown once, and how a key gets another secret.
import { Alert, Box, Button, Code, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { Snippet } from "../../parts/parts";
import { curlFor, useDataPlane } from "../../parts/serve";

export type Secret = { name: string; secret: string };
type Key = Schemas["Key"];

export function Shown({ secret, onClose }: { secret: Secret | null; onClose: () => void }) {
  const base = useDataPlane();
  return (
    <Modal opened={!!secret} onClose={onClose} title={`The secret of ${secret?.name ?? ""}`} size="lg" closeOnClickOutside={false} closeButtonProps={{ "aria-label": "Close" }}>
      {secret && (
        <Stack>
          <Alert color="yellow" variant="light">Copy it now: it is shown this once, and cannot be had again.</Alert>
          <Box data-testid="secret"><Snippet text={secret.secret} label="Copy the secret" /></Box>
          <Text size="sm">Try it. Every SDK works with the base URL <Code>{base}/v1</Code> and this as its API key.</Text>
          <Snippet text={curlFor(base, secret.secret)} label="Copy the command" />
          <Group justify="flex-end"><Button onClick={onClose}>I have copied it</Button></Group>
        </Stack>
      )}
    </Modal>
  );
}

const graces = [{ value: "0", label: "It ends at once" }, { value: "3600", label: "For an hour" }, { value: "86400", label: "For a day" }, { value: "604800", label: "For a week" }, { value: "2592000", label: "For 30 days" }];

export function Rotate({ target, onClose, done }: { target: Key | null; onClose: () => void; done: (s: Secret) => void }) {
  const [grace, setGrace] = useState("3600");
  const act = useAct((k: Key) => got(api.POST("/api/v1/keys/{id}/rotate", { params: { path: { id: k.id } }, body: { grace_seconds: Number(grace) } })), ["keys"]);
  const go = () => target && act.mutate(target, { onSuccess: (made) => { onClose(); done({ name: made.name, secret: made.secret }); } });
  return (
    <Modal opened={!!target} onClose={onClose} title={`A new secret for ${target?.name ?? ""}`} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Text size="sm">The key keeps its name, rights, limits and figures. While both secrets are valid, applications move over without an outage.</Text>
        <Select label="The present secret stays valid" allowDeselect={false} data={graces} value={grace} onChange={(v) => setGrace(v ?? "3600")} />
        {grace === "0" && <Alert color="yellow" variant="light">Every application that has the present secret is refused from the next call on.</Alert>}
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button loading={act.isPending} onClick={go}>Make a new secret</Button></Group>
      </Stack>
    </Modal>
  );
}
