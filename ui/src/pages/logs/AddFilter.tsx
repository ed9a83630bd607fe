// The menu of fields by which calls are chosen: there are many, so that one types to find one.
import { Button, Menu, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { filters } from "./filters";

export function AddFilter({ chosen, add }: { chosen: Record<string, string>; add: (name: string) => void }) {
  const [text, setText] = useState("");
  const button = useRef<HTMLButtonElement>(null);
  const wanted = text.trim().toLowerCase();
  const found = [...Object.entries(filters).filter(([k]) => !chosen[k]), ["metadata", "Metadata"] as const].filter(([k, label]) => `${label} ${k}`.toLowerCase().includes(wanted));
  return (
    <Menu position="bottom-end" withArrow width={280} returnFocus={false} onClose={() => setText("")} onDismiss={() => button.current?.focus()}>
      <Menu.Target><Button ref={button} variant="default" leftSection={<IconPlus size={16} />}>Filter</Button></Menu.Target>
      <Menu.Dropdown>
        <TextInput size="xs" m={4} data-autofocus placeholder="Which field?" aria-label="Which field?" value={text} onChange={(e) => setText(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === "Enter" && found[0]) { e.preventDefault(); add(found[0][0]); } }} />
        <div className="scroll-y" style={{ maxHeight: 300 }}>{found.map(([k, label]) => <Menu.Item key={k} onClick={() => add(k)}>{label}</Menu.Item>)}{found.length === 0 && <Menu.Item disabled>No field is called so</Menu.Item>}</div>
      </Menu.Dropdown>
    </Menu>
  );
}
