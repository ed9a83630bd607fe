// A route as form and as YAML, side by side: both are the same text. Nothing is in force
// before its difference was shown.
import { Alert, Button, Group, Modal, Text, Textarea } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { useDocument } from "../../lib/document";
import { Change } from "../../parts/Change";
import { Failure, Waiting } from "../../parts/parts";
import { StepsForm } from "./StepsForm";
import { routeText, valueOf, withRoute } from "./text";

export function RouteEditor({ name, done }: { name: string; done: () => void }) {
  const document = useDocument();
  if (document.isError) return <Failure error={document.error} retry={() => void document.refetch()} />;
  if (!document.data) return <Waiting rows={4} height={60} />;
  const text = routeText(document.data.document, name);
  if (!text) return <Alert variant="light">The document in force does not have this route: it is made elsewhere.</Alert>;
  return <Both key={text} name={name} start={text} done={done} />;
}

function Both({ name, start, done }: { name: string; start: string; done: () => void }) {
  const [text, setText] = useState(start);
  const [looking, setLooking] = useState(false);
  const value = useMemo(() => valueOf(text), [text]);
  const make = useCallback((document: string) => withRoute(document, name, text), [name, text]);
  const bad = value instanceof Error ? value : null;
  return (
    <>
      <div className="side-by-side">
        <div>{bad ? <Alert color="yellow" variant="light" title="The YAML is not a route yet">{bad.message}</Alert> : <StepsForm value={value as Exclude<typeof value, Error>} text={text} onChange={setText} />}</div>
        <Textarea label="YAML" description={<>What <code>routes.{name}</code> says; comments stay.</>} autosize minRows={14} maxRows={40} spellCheck={false} classNames={{ input: "typed" }} value={text} onChange={(e) => setText(e.currentTarget.value)} />
      </div>
      <Group justify="flex-end" mt="md">
        {text !== start && <Text size="xs" c="dimmed">Changed, not in force.</Text>}
        <Button variant="default" disabled={text === start} onClick={() => setText(start)}>Undo all</Button>
        <Button disabled={text === start || !!bad} onClick={() => setLooking(true)}>Show the difference…</Button>
      </Group>
      <Modal opened={looking} onClose={() => setLooking(false)} size="xl" title={`What changes: ${name}`} closeButtonProps={{ "aria-label": "Close" }}>
        {looking && <Change make={make} note={`route ${name} changed`} back={() => setLooking(false)} done={() => { setLooking(false); done(); }} />}
      </Modal>
    </>
  );
}
