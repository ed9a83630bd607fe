// Finds pages, keys, routes, models and requests by what one types.
import { Modal, NavLink, Stack, Text, TextInput } from "@mantine/core";
import { IconBox, IconKey, IconList, IconRoute, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { api, got } from "../api/client";
import { useLinkTo } from "../lib/address";
import { pages } from "../nav";

type Found = { label: string; says: string; to: string; icon: typeof IconBox };

export const isRequestID = (s: string) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(s);

export function Palette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const link = useLinkTo();
  const keys = useQuery({ queryKey: ["keys", "palette"], queryFn: () => got(api.GET("/api/v1/keys", { params: { query: { limit: "500" } } })), enabled: opened });
  const models = useQuery({ queryKey: ["models", "palette"], queryFn: () => got(api.GET("/api/v1/models", { params: { query: { limit: "500" } } })), enabled: opened });
  const routes = useQuery({ queryKey: ["routes"], queryFn: () => got(api.GET("/api/v1/routes")), enabled: opened });

  const found = useMemo(() => {
    const all: Found[] = pages.map((p) => ({ label: p.label, says: "Page", to: link(p.path), icon: p.icon }));
    for (const k of keys.data?.data ?? []) all.push({ label: k.name, says: `Calls of the key ${k.hint}`, to: link("/logs", { key_id: k.id }), icon: IconKey });
    for (const r of routes.data?.data ?? []) all.push({ label: r.name, says: "Route", to: link("/routes", { route: r.name }), icon: IconRoute });
    for (const m of models.data?.data ?? []) all.push({ label: m.model, says: "Calls of the model", to: link("/logs", { provider: m.provider, model: m.id }), icon: IconBox });
    const wanted = text.trim().toLowerCase();
    if (isRequestID(wanted)) return [{ label: wanted, says: "One call", to: link("/logs", { call: wanted }), icon: IconList }];
    return all.filter((f) => f.label.toLowerCase().includes(wanted)).slice(0, 9);
  }, [text, keys.data, routes.data, models.data, link]);
  useEffect(() => setAt(0), [text, opened]);

  const go = (f: Found | undefined) => {
    if (!f) return;
    setText("");
    onClose();
    void navigate(f.to);
  };
  return (
    <Modal opened={opened} onClose={onClose} withCloseButton={false} padding="sm" attributes={{ content: { "aria-label": "Find anything" } }} yOffset="12vh">
      <TextInput
        data-autofocus size="md" placeholder="A page, key, route, model or request id" aria-label="Find anything" leftSection={<IconSearch size={18} />} value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown") setAt((i) => Math.min(i + 1, found.length - 1));
          else if (e.key === "ArrowUp") setAt((i) => Math.max(i - 1, 0));
          else if (e.key === "Enter") go(found[at]);
          else return;
          e.preventDefault();
        }}
      />
      <Stack gap={2} mt="sm">
        {found.map((f, i) => <NavLink key={f.to + f.label} component="button" label={f.label} description={f.says} leftSection={<f.icon size={18} />} active={i === at} onClick={() => go(f)} className="rail-link" />)}
        {found.length === 0 && <Text c="dimmed" size="sm" p="sm">Nothing is called so. A whole request id opens its call.</Text>}
      </Stack>
    </Modal>
  );
}
