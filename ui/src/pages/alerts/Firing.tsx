// What fires now, big.
import { Card, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { Tag, Time } from "../../parts/parts";
import { type Active, figureOf, toneOf } from "./figure";

export function Firing({ all }: { all: Active[] }) {
  const firing = all.filter((a) => a.state === "firing");
  const pending = all.length - firing.length;
  if (all.length === 0) {
    return (
      <Card withBorder padding="lg" component="section" aria-label="What fires now">
        <Group gap="sm"><IconCircleCheck size={28} stroke={1.6} color="var(--mantine-color-green-text)" /><div><Text fw={600} size="lg">Nothing fires</Text><Text size="sm" c="dimmed">Every rule is within its bounds.</Text></div></Group>
      </Card>
    );
  }
  return (
    <Card withBorder padding="lg" component="section" aria-label="What fires now">
      <Group gap="sm" mb="sm">
        <IconAlertTriangle size={28} stroke={1.6} color={firing.length ? "var(--mantine-color-red-text)" : "var(--tag-warning-ink)"} />
        <div><Text fw={600} size="lg">{firing.length === 0 ? "Nothing fires yet" : firing.length === 1 ? "One alert fires" : `${firing.length} alerts fire`}</Text>{pending > 0 && <Text size="sm" c="dimmed">{pending} out of bounds, but not for long enough</Text>}</div>
      </Group>
      <Stack gap={0}>
        {all.map((a) => (
          <Group key={a.rule + a.value} justify="space-between" className="section-line" py={8} gap="xs">
            <Group gap="xs">
              <Tag tone={a.state === "firing" ? toneOf(a.severity) : "plain"}>{a.state === "firing" ? a.severity : "pending"}</Tag>
              <Text fw={600}>{a.name}</Text>
              {a.value && <Text size="sm">{a.per} <b>{a.value}</b></Text>}
              {a.muted && <Tag>muted</Tag>}
            </Group>
            <Text size="sm" c="dimmed">{a.figure != null && <>{figureOf(a.unit)(a.figure)}{a.bound != null && ` (bound ${figureOf(a.unit)(a.bound)})`}, </>}since <Time value={a.since} /></Text>
          </Group>
        ))}
      </Stack>
    </Card>
  );
}
