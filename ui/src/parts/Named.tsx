// A dialog before something is lost: it says what, and asks for the name.
import { Button, Group, List, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";

type Props = { name: string | null; verb: string; title?: string; children: ReactNode; loses?: ReactNode[]; busy?: boolean; disabled?: boolean; onClose: () => void; go: () => void };

export function Named({ name, verb, title, children, loses, busy, disabled, onClose, go }: Props) {
  const [typed, setTyped] = useState("");
  const close = () => { setTyped(""); onClose(); };
  return (
    <Modal opened={name !== null} onClose={close} title={title ?? `${verb} ${name ?? ""}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(e) => { e.preventDefault(); if (typed === name) { setTyped(""); go(); } }}>
        <Stack>
          <Text size="sm" component="div">{children}</Text>
          {loses && loses.length > 0 && <List size="sm" spacing={4}>{loses.map((l, i) => <List.Item key={i}>{l}</List.Item>)}</List>}
          <TextInput label={<>Type <b>{name}</b> to go on</>} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} disabled={disabled} data-autofocus autoComplete="off" />
          <Group justify="flex-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit" color="red.9" disabled={disabled || typed !== name} loading={busy}>{verb}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
