// The small things that all pages are made of.
import { ActionIcon, Alert, Anchor, Box, Button, Card, Code, CopyButton, Group, Paper, Skeleton, Stack, Text, ThemeIcon, Title, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCopy, IconInfoCircle, IconX } from "@tabler/icons-react";
import type { ComponentType, ReactNode } from "react";
import { Link } from "react-router";
import { APIError } from "../api/client";
import { ago, at } from "../lib/format";
import { useLinkTo } from "../lib/address";

/** Info explains a figure. */
export function Info({ text }: { text: string }) {
  return (
    <Tooltip label={text} multiline maw={320} withArrow events={{ hover: true, focus: true, touch: true }}>
      <ActionIcon variant="transparent" size={18} color="gray" aria-label={text} className="info">
        <IconInfoCircle size={15} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  );
}

export function PageTitle({ title, says, children }: { title: string; says?: string; children?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="sm">
      <Box>
        <Title order={1} size="h2">{title}</Title>
        {says && <Text c="dimmed" size="sm" mt={2}>{says}</Text>}
      </Box>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}

export function Panel({ title, says, children, right }: { title: string; says?: string; children: ReactNode; right?: ReactNode }) {
  return (
    <Card withBorder padding="md" component="section" aria-label={title}>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Group gap={4} wrap="nowrap">
          <Title order={2} size="h5">{title}</Title>
          {says && <Info text={says} />}
        </Group>
        {right}
      </Group>
      {children}
    </Card>
  );
}

/** Figure is one number, its unit within, with what it means. */
export function Figure({ label, value, exact, note, says, tone, to, chosen, extra }: { label: string; value: string; exact?: string; note?: ReactNode; says: string; tone?: string; to?: string; chosen?: boolean; extra?: ReactNode }) {
  const number = (
    <Text component="span" className="figure" data-long={value.length > 12 || undefined} c={tone}>{value}</Text>
  );
  return (
    <Paper withBorder p="md" className="stat" data-chosen={chosen || undefined}>
      <Group gap={4} wrap="nowrap" justify="space-between">
        <Text size="sm" c="dimmed" truncate>{label}</Text>
        <Info text={says} />
      </Group>
      <Tooltip label={exact ?? value} disabled={!exact} withArrow>
        {to ? <Anchor component={Link} to={to} underline="never" c={tone ?? "inherit"} preventScrollReset aria-current={chosen || undefined} aria-label={`${label}: ${value}`}>{number}</Anchor> : number}
      </Tooltip>
      <Text size="xs" c="dimmed" lineClamp={2} mih={18}>{note}</Text>
      {extra}
    </Paper>
  );
}

/** Trend is a line without axes: how a figure went over the period. */
export function Trend({ values, label }: { values: (number | null)[]; label: string }) {
  const known = values.map((v) => v ?? 0);
  const most = Math.max(...known, 0);
  if (known.length < 2 || most <= 0) return <Box h={22} aria-hidden />;
  const points = known.map((v, i) => `${((i / (known.length - 1)) * 100).toFixed(1)},${(20 - (v / most) * 18).toFixed(1)}`).join(" ");
  return (
    <svg className="trend" viewBox="0 0 100 22" preserveAspectRatio="none" role="img" aria-label={label}>
      <polygon points={`0,22 ${points} 100,22`} /><polyline points={points} />
    </svg>
  );
}

export function Time({ value }: { value: string | number | null | undefined }) {
  return (
    <Tooltip label={at(value)} withArrow disabled={!value}>
      <Text component="time" size="sm" inherit>{ago(value)}</Text>
    </Tooltip>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : label} withArrow>
          <ActionIcon variant="subtle" color={copied ? "green" : "gray"} onClick={copy} aria-label={label}>
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

export function Snippet({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <Box pos="relative">
      <Code block className="snippet" tabIndex={0}>{text}</Code>
      <Box pos="absolute" top={6} right={6}><Copy text={text} label={label} /></Box>
    </Box>
  );
}

/** Empty says why there is nothing, and the one step that changes it. */
export function Empty({ icon: Icon, title, children }: { icon: ComponentType<{ size?: number; stroke?: number }>; title: string; children?: ReactNode }) {
  return (
    <Stack align="center" py={48} px="md" gap="sm" className="empty">
      <ThemeIcon size={56} radius="xl" variant="light"><Icon size={28} stroke={1.5} /></ThemeIcon>
      <Text fw={600} size="lg" ta="center">{title}</Text>
      <Box maw={620} w="100%">{children}</Box>
    </Stack>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const e = error instanceof Error ? error : new Error("Something went wrong.");
  const suggestion = error instanceof APIError ? error.suggestion : "";
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={error instanceof APIError && error.status === 403 ? "This is for others" : "This could not be shown"}>
      <Text size="sm">{e.message}{suggestion && ` Did you mean ${suggestion}?`}</Text>
      {retry && <Button mt="sm" size="xs" variant="default" onClick={retry}>Try again</Button>}
    </Alert>
  );
}

export function Waiting({ rows = 5, height = 36 }: { rows?: number; height?: number }) {
  return (
    <Stack gap="xs" role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => <Skeleton key={i} height={height} />)}
    </Stack>
  );
}

/** Bar shows a share, with the words beside it. */
export function Bar({ share, color = "var(--accent)", label }: { share: number; color?: string; label: string }) {
  return (
    <Box className="bar" role="img" aria-label={label}>
      <Box className="bar-in" style={{ width: `${Math.min(100, Math.max(share > 0 ? 1 : 0, share * 100))}%`, background: color }} />
    </Box>
  );
}

/** Stack shows how parts make a whole. */
export function Parts({ parts, height = 12 }: { parts: { label: string; value: number; color: string }[]; height?: number }) {
  const all = parts.reduce((s, p) => s + p.value, 0);
  return (
    <Box className="parts" h={height} role="img" aria-label={parts.map((p) => `${p.label}: ${p.value}`).join(", ")}>
      {parts.filter((p) => p.value > 0).map((p) => (
        <Tooltip key={p.label} label={`${p.label}: ${p.value}`} withArrow>
          <Box style={{ width: `${(p.value / all) * 100}%`, background: p.color }} />
        </Tooltip>
      ))}
    </Box>
  );
}

export type Tone = "plain" | "accent" | "warning" | "error";

/** Tag is a word that stands out. */
export function Tag({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className="tag" data-tone={tone}>{children}</span>;
}

/** Chip is a filter that can be taken away. */
export function Chip({ label, remove }: { label: string; remove: () => void }) {
  return (
    <span className="tag chip" data-tone="accent">{label}
      <button type="button" onClick={remove} aria-label={`Remove the filter ${label}`}><IconX size={13} /></button>
    </span>
  );
}

export function StatusMark({ status, code }: { status: number; code?: string }) {
  const tone = status >= 500 || status === 0 ? "error" : status === 429 ? "warning" : status >= 400 ? "plain" : "accent";
  return (
    <Tooltip label={code || (status < 400 ? "Answered" : "Refused")} withArrow>
      <span><Tag tone={tone}>{status || "cut"}</Tag></span>
    </Tooltip>
  );
}

/** Pages links to another page, keeping what all share. */
export function Goto({ to, extra, children }: { to: string; extra?: Record<string, string>; children: ReactNode }) {
  const link = useLinkTo();
  return <Anchor component={Link} to={link(to, extra)} size="sm">{children}</Anchor>;
}
