// The words of one call in a line each: what was asked last, and what was answered.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, type EntryDetail, got } from "../../api/client";
import { type Message, ofAnswer, ofRequest } from "../../lib/conversation";

/** A message in one line: its text, else the tools that it calls or answers for. */
function lineOf(m: Message | undefined): string {
  if (!m) return "";
  const words = m.parts.flatMap((p) => (p.kind === "text" ? [p.text] : p.kind === "call" ? [`calls ${p.name}(${p.input.replace(/\s+/g, " ")})`] : p.kind === "result" ? [`result: ${p.text}`] : p.kind === "image" ? ["(a picture)"] : p.kind === "file" ? [`(${p.name})`] : []));
  return words.join(" ").replace(/\s+/g, " ").trim().slice(0, 400);
}

function wordsOf(e: EntryDetail): { asked: string; answered: string } | string {
  const b = e.bodies;
  if (!b) return "What was said was not kept.";
  if (b.state !== "kept") return b.state === "erased" ? "What was said can be read by nobody any more." : "What was said cannot be opened.";
  const asked = b.request?.encoding === "text" ? ofRequest(b.request.content) : null;
  const answered = b.answer?.encoding === "text" ? ofAnswer(b.answer.content) : null;
  return { asked: lineOf(asked?.filter((m) => m.role !== "system").at(-1)), answered: lineOf(answered?.at(-1)) };
}

export function Said({ id }: { id: string }) {
  const entry = useQuery({ queryKey: ["entry", id], queryFn: () => got(api.GET("/api/v1/entries/{id}", { params: { path: { id } } })), staleTime: Infinity, retry: false });
  if (entry.isError) return <Text size="xs" c="dimmed" className="wide saidline">{entry.error.message}</Text>;
  if (!entry.data) return <Text size="xs" c="dimmed" className="wide saidline">…</Text>;
  const words = wordsOf(entry.data);
  if (typeof words === "string") return <Text size="xs" c="dimmed" className="wide saidline">{words}</Text>;
  return (
    <div className="wide saidline">
      {words.asked && <Text size="sm" truncate title={words.asked}><Text span size="xs" c="dimmed">asked </Text>{words.asked}</Text>}
      {words.answered && <Text size="sm" truncate title={words.answered}><Text span size="xs" c="dimmed">answered </Text>{words.answered}</Text>}
      {!words.asked && !words.answered && <Text size="xs" c="dimmed">No conversation; open the call to see its bytes.</Text>}
    </div>
  );
}
