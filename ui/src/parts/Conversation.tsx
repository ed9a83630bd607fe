// Messages as people read them.
import { Box, Code, Group, Image, Spoiler, Stack, Text } from "@mantine/core";
import { IconBulb, IconFile, IconTool } from "@tabler/icons-react";
import { Fragment } from "react";
import type { Message, Part } from "../lib/conversation";
import { Copy, Tag } from "./parts";

export function Conversation({ messages }: { messages: Message[] }) {
  return (
    <Stack gap="sm">
      {messages.map((m, i) => (
        <Box key={i} className="message" data-role={m.role}>
          <Group justify="space-between" mb={4}>
            <Tag tone={m.role === "error" ? "error" : "plain"}>{m.role}</Tag>
            <Copy text={m.parts.map((p) => ("text" in p ? p.text : "")).join("\n")} label="Copy the message" />
          </Group>
          <Spoiler maxHeight={360} showLabel="Show all" hideLabel="Show less">
            <Stack gap="xs">{m.parts.map((p, j) => <Piece key={j} part={p} />)}</Stack>
          </Spoiler>
          {m.parts.length === 0 && <Text size="sm" c="dimmed">Nothing.</Text>}
        </Box>
      ))}
    </Stack>
  );
}

function Piece({ part }: { part: Part }) {
  switch (part.kind) {
    case "text": return <Prose text={part.text} />;
    case "reasoning":
      return (
        <details>
          <summary><Group component="span" gap={6} display="inline-flex"><IconBulb size={15} /><Text size="sm" c="dimmed" component="span">Reasoning, {part.text.length} characters</Text></Group></summary>
          <Text size="sm" c="dimmed" className="said">{part.text}</Text>
        </details>
      );
    case "image": return <Image src={part.url} alt="A picture in the conversation" w="auto" />;
    case "file": return <Group gap={6}><IconFile size={16} /><Text size="sm" className="said">{part.name}</Text></Group>;
    case "call":
    case "result":
      return (
        <Box className="tool">
          <Group gap={6} mb={4}><IconTool size={15} /><Text size="sm" fw={600}>{part.kind === "call" ? part.name : `Result ${part.name}`}</Text></Group>
          <Code block className="pre" tabIndex={0}>{part.kind === "call" ? part.input : part.text}</Code>
        </Box>
      );
  }
}

/** Prose shows the Markdown that matters in conversations: blocks of code, code, bold. */
function Prose({ text }: { text: string }) {
  return (
    <div className="said">
      {text.split(/^```(.*)$/m).map((piece, i) => {
        if (i % 4 === 2) return <Code block className="pre" key={i} tabIndex={0}>{piece.trim()}</Code>;
        if (i % 2 === 1) return null; // the fences' language
        return (
          <Fragment key={i}>
            {piece.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).map((s, j) => (s.startsWith("`") && s.length > 2 ? <Code key={j}>{s.slice(1, -1)}</Code> : s.startsWith("**") && s.length > 4 ? <b key={j}>{s.slice(2, -2)}</b> : <Fragment key={j}>{s}</Fragment>))}
          </Fragment>
        );
      })}
    </div>
  );
}
