// The button that has nobody told of a rule, or of a budget, for a time.
import { Button, Menu } from "@mantine/core";
import { IconBellOff } from "@tabler/icons-react";
import { api, got } from "../../api/client";
import { useAct } from "../../lib/act";

const lengths = [["1h", "For an hour"], ["8h", "For eight hours"], ["1d", "For a day"], ["7d", "For a week"]] as const;

export function MuteMenu({ rule, name }: { rule: string; name: string }) {
  const mute = useAct((until: string) => got(api.POST("/api/v1/alerts/mutes", { body: { rule, until } })), ["alerts"], () => `${name} is muted.`);
  return (
    <Menu><Menu.Target><Button size="compact-xs" variant="default" leftSection={<IconBellOff size={14} />} loading={mute.isPending} aria-label={`Mute ${name}`}>Mute</Button></Menu.Target>
      <Menu.Dropdown>{lengths.map(([v, label]) => <Menu.Item key={v} onClick={() => mute.mutate(v)}>{label}</Menu.Item>)}</Menu.Dropdown></Menu>
  );
}
