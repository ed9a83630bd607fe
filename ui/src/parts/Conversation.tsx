// Messages as people read them.
import { Anchor, Box, Code, Group, Image, Spoiler, Stack, Text } from "@mantine/core";
import { IconBulb, IconFile, IconTool } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import type { Message, Part } from "../lib/conversation";
import { count } from "../lib/format";
import { Copy, Tag } from "./parts";

export function Conversation({ messages }: { messages: Message[] }) {
  const calls = messages.flatMap((m) => m.parts.filter((p) => p.kind === "call"));
  const named = (p: Part): Part => (p.kind === "result" ? { ...p, name: calls.find((c) => c.id && c.id === p.name)?.name ?? p.name } : p);
  return (
    <Stack gap="sm">
      {messages.map((m, i) => (
        <Box key={i} className="message" data-role={m.role}>
          <Group justify="space-between" mb={4}>
            <Tag tone={m.role === "error" ? "error" : "plain"}>{m.role}</Tag>
            <Copy text={m.parts.map((p) => ("text" in p ? p.text : "")).join("\n")} label="Copy the message" />
          </Group>
          <Spoiler maxHeight={360} showLabel="Show all" hideLabel="Show less">
            <Stack gap="xs">{m.parts.map((p, j) => <Piece key={j} part={named(p)} />)}</Stack>
          </Spoiler>
          {m.parts.length === 0 && <Text size="sm" c="dimmed">Nothing.</Text>}
        </Box>
      ))}
    </Stack>
  );
}

const Markdown = lazy(() => import("./Markdown"));

function Piece({ part }: { part: Part }) {
  switch (part.kind) {
    case "text": return <Suspense fallback={<div className="said">{part.text}</div>}><Markdown text={part.text} /></Suspense>;
    case "reasoning":
      return (
        <details>
          <summary><Group component="span" gap={6} display="inline-flex"><IconBulb size={15} /><Text size="sm" c="dimmed" component="span">Reasoning, {count(part.text.length)} characters</Text></Group></summary>
          <Text size="sm" c="dimmed" className="said">{part.text}</Text>
        </details>
      );
    case "image": return <Image src={part.url} alt="A picture in the conversation" w="auto" />;
    case "file": return <Group gap={6} wrap="nowrap"><IconFile size={16} /><Text size="sm" className="said">{/^https?:\/\//i.test(part.name) ? <Anchor href={part.name} target="_blank" rel="noreferrer noopener" inherit>{part.name}</Anchor> : part.name}</Text></Group>;
    case "call": return <Tool title={part.name || "a tool"} says="called" text={part.input} />;
    case "result": return <Tool title={part.name || "a tool"} says="answered" text={part.text} />;
  }
}

/** JSON with its lines and indents; other text as it is. */
function pretty(text: string): string {
  try {
    const v: unknown = JSON.parse(text);
    return typeof v === "object" && v !== null ? JSON.stringify(v, null, 2) : text;
  } catch {
    return text;
  }
}

/** What a tool was asked, or what it said. */
function Tool({ title, says, text }: { title: string; says: string; text: string }) {
  const whole = pretty(text);
  return (
    <Box className="tool" role="group" aria-label={`${title} ${says}`}>
      <div className="block-head">
        <Group gap={6} wrap="nowrap"><IconTool size={15} /><Text size="sm" fw={600} className="said">{title}</Text><Text size="sm" c="dimmed">{says}</Text></Group>
        <Copy text={whole} label={`Copy what ${title} ${says === "called" ? "was asked" : "answered"}`} />
      </div>
      <Code block className="pre" tabIndex={0}>{whole || "nothing"}</Code>
    </Box>
  );
}
