// What people think of a call's answer.
import { ActionIcon, Button, Group, NumberInput, Popover, Stack, Textarea, Tooltip } from "@mantine/core";
import { IconMessage2, IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type EntryDetail, got, type Schemas } from "../api/client";
import { useAct } from "../lib/act";

export function Rating({ entry }: { entry: EntryDetail }) {
  const queries = useQueryClient();
  const [more, setMore] = useState(false);
  const [score, setScore] = useState<number | string>(entry.score ?? "");
  const [comment, setComment] = useState(entry.comment);
  const rate = useAct(
    (r: { feedback: string | null; score: number | null; comment: string }) => got(api.PUT("/api/v1/entries/{id}/feedback", { params: { path: { id: entry.id } }, body: r as Schemas["Rating"] })),
    ["entries"],
    () => "Your feedback is kept.",
  );
  const say = (feedback: string | null) =>
    rate.mutate({ feedback, score: typeof score === "number" ? score : null, comment }, { onSuccess: () => { setMore(false); void queries.invalidateQueries({ queryKey: ["entry", entry.id] }); } });
  const thumb = (word: "up" | "down", label: string, Icon: typeof IconThumbUp) => (
    <Tooltip label={label} withArrow>
      <ActionIcon variant={entry.feedback === word ? "filled" : "default"} size={30} aria-label={label} aria-pressed={entry.feedback === word} loading={rate.isPending} onClick={() => say(entry.feedback === word ? null : word)}><Icon size={16} /></ActionIcon>
    </Tooltip>
  );
  return (
    <Group gap={4} wrap="nowrap">
      {thumb("up", "A good answer", IconThumbUp)}
      {thumb("down", "A bad answer", IconThumbDown)}
      <Popover opened={more} onChange={setMore} position="bottom-end" withArrow trapFocus width={280}>
        <Popover.Target>
          <Tooltip label="Score and comment" withArrow><ActionIcon variant={entry.score != null || entry.comment ? "light" : "default"} size={30} aria-label="Score and comment" onClick={() => setMore((o) => !o)}><IconMessage2 size={16} /></ActionIcon></Tooltip>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap="xs">
            <NumberInput size="xs" label="Score" description="On a scale of your own" value={score} onChange={setScore} />
            <Textarea size="xs" label="Comment" autosize minRows={2} maxLength={2000} value={comment} onChange={(e) => setComment(e.currentTarget.value)} />
            <Button size="xs" loading={rate.isPending} onClick={() => say(entry.feedback || null)}>Keep</Button>
          </Stack>
        </Popover.Dropdown>
      </Popover>
    </Group>
  );
}
