import { Text } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { Empty, Goto } from "../parts/parts";

export default function Missing() {
  return (
    <Empty icon={IconMapOff} title="There is no such page">
      <Text ta="center" c="dimmed">Perhaps the link is from another version. <Goto to="/">Go to the overview</Goto></Text>
    </Empty>
  );
}
