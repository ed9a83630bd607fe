// What is said next: the system prompt, tools, pictures, the message.
import { ActionIcon, Alert, Box, Button, Collapse, FileButton, Group, Image, Stack, Text, Textarea, Tooltip, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronRight, IconPhoto, IconPlayerStop, IconSend, IconX } from "@tabler/icons-react";
import { type ClipboardEvent, type FormEvent, useState } from "react";
import type { Piece } from "../../lib/ask";
import { bytes } from "../../lib/format";

type Props = { system: string; setSystem: (s: string) => void; tools: string; setTools: (s: string) => void; wrong: string; running: boolean; ready: boolean; send: (content: string | Piece[]) => void; stop: () => void };

const example = JSON.stringify([{ type: "function", function: { name: "weather", description: "The weather somewhere", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } } }], null, 2);
const largest = 12 << 20; // bytes of all pictures; the API takes 32 MiB, and data URLs are a third longer

export function Composer({ system, setSystem, tools, setTools, wrong, running, ready, send, stop }: Props) {
  const [text, setText] = useState("");
  const [pictures, setPictures] = useState<string[]>([]);
  const [refused, setRefused] = useState("");
  const [open, { toggle }] = useDisclosure();

  const add = async (files: File[]) => {
    setRefused("");
    const good = files.filter((f) => /^image\/(png|jpeg|gif|webp)$/.test(f.type));
    const size = good.reduce((s, f) => s + f.size, 0) + pictures.reduce((s, p) => s + p.length * 0.75, 0);
    if (good.length < files.length) return setRefused("Pictures are PNG, JPEG, GIF or WebP.");
    if (size > largest) return setRefused(`Pictures may have ${bytes(largest)} together; these have ${bytes(size)}.`);
    setPictures([...pictures, ...(await Promise.all(good.map(urlOf)))]);
  };
  const submit = (e?: FormEvent) => {
    e?.preventDefault();
    if (running || !ready || wrong || (!text.trim() && pictures.length === 0)) return;
    send(pictures.length === 0 ? text : [...(text.trim() ? [{ type: "text" as const, text }] : []), ...pictures.map((url) => ({ type: "image_url" as const, image_url: { url } }))]);
    setText("");
    setPictures([]);
  };
  const paste = (e: ClipboardEvent) => {
    const files = [...e.clipboardData.files];
    if (files.length > 0) {
      e.preventDefault();
      void add(files);
    }
  };
  return (
    <Stack gap="sm" component="form" aria-label="Prompt" onSubmit={submit} onDrop={(e) => { e.preventDefault(); void add([...e.dataTransfer.files]); }} onDragOver={(e) => e.preventDefault()}>
      <Textarea size="sm" label="System prompt" placeholder="How the model is to behave" autosize minRows={2} maxRows={10} value={system} onChange={(e) => setSystem(e.currentTarget.value)} />
      <Box>
        <UnstyledButton onClick={toggle} aria-expanded={open} className="fold"><Group gap={4}><IconChevronRight size={15} style={{ transform: open ? "rotate(90deg)" : undefined }} /><Text size="sm" fw={500}>Tools</Text><Text size="sm" c="dimmed">{tools.trim() ? (wrong ? "wrong" : `${JSON.parse(tools).length} defined`) : "none"}</Text></Group></UnstyledButton>
        <Collapse expanded={open}>
          <Textarea mt={6} size="xs" aria-label="Tools" description="A JSON list of functions, as OpenAI writes them; other dialects get them in their own words. You write their results when the model calls one." autosize minRows={5} maxRows={18} value={tools} error={wrong || undefined} onChange={(e) => setTools(e.currentTarget.value)} classNames={{ input: "typed" }} />
          {!tools.trim() && <Button mt={6} size="compact-xs" variant="default" onClick={() => setTools(example)}>Insert an example</Button>}
        </Collapse>
      </Box>
      <Textarea size="sm" label="Message" placeholder="Ask something. Ctrl Enter sends." autosize minRows={4} maxRows={16} data-search value={text} onPaste={paste} onChange={(e) => setText(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) submit(); }} />
      {pictures.length > 0 && (
        <Group gap="xs">
          {pictures.map((p, i) => (
            <Box key={i} pos="relative"><Image src={p} alt={`Picture ${i + 1}`} h={64} w="auto" radius="sm" /><ActionIcon size={18} radius="xl" color="gray" variant="filled" pos="absolute" top={-6} right={-6} aria-label={`Take away picture ${i + 1}`} onClick={() => setPictures(pictures.filter((_, j) => j !== i))}><IconX size={12} /></ActionIcon></Box>
          ))}
        </Group>
      )}
      {refused && <Alert color="red" variant="light" p="xs">{refused}</Alert>}
      <Group justify="space-between">
        <FileButton onChange={(f) => void add(f)} accept="image/png,image/jpeg,image/gif,image/webp" multiple inputProps={{ "aria-label": "Pictures" }}>{(props) => <Tooltip label="Add pictures: choose, paste or drop them" withArrow><Button {...props} size="xs" variant="default" leftSection={<IconPhoto size={15} />}>Pictures</Button></Tooltip>}</FileButton>
        {running ? <Button size="xs" color="red" variant="light" leftSection={<IconPlayerStop size={15} />} onClick={stop}>Stop</Button> : <Button size="xs" type="submit" leftSection={<IconSend size={15} />} disabled={!ready || !!wrong || (!text.trim() && pictures.length === 0)}>Send</Button>}
      </Group>
    </Stack>
  );
}

const urlOf = (f: File) =>
  new Promise<string>((done, failed) => {
    const r = new FileReader();
    r.onload = () => done(String(r.result));
    r.onerror = () => failed(new Error(`${f.name} cannot be read.`));
    r.readAsDataURL(f);
  });
