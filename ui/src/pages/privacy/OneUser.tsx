// One user's data: what is kept of him, as a file, and erased with a receipt.
import { Stack, Text } from "@mantine/core";
import { IconUserOff } from "@tabler/icons-react";
import { useState } from "react";
import { useParams } from "../../lib/address";
import { useMay } from "../../lib/may";
import { Empty, Goto } from "../../parts/parts";
import { Erasure } from "./Erasure";
import { Find } from "./Find";
import { Past } from "./Past";

export function OneUser() {
  const may = useMay();
  const [params, set] = useParams();
  const id = params.get("erasure") ?? "";
  const [expected, setExpected] = useState<{ id: string; entries: number } | null>(null); // of the one that was begun here
  if (!may.own()) return <Empty icon={IconUserOff} title="Owners of a workspace do this"><Text ta="center" c="dimmed">They see what is kept of a user, and erase it. Who they are is on the page <Goto to="/workspaces">Workspaces</Goto>.</Text></Empty>;
  return (
    <Stack gap="md">
      <Find begun={(e, entries) => { setExpected({ id: e.id, entries }); set({ tab: "user", erasure: e.id }); }} />
      <Past open={(one) => set({ tab: "user", erasure: one })} />
      <Erasure id={id} expected={expected?.id === id ? expected.entries : 0} onClose={() => set({ tab: "user", erasure: "" })} />
    </Stack>
  );
}
