// Finds pages, keys, routes, models and requests by what one types.
import { Modal, NavLink, Stack, Text, TextInput } from "@mantine/core";
import { IconBox, IconKey, IconList, IconRoute, IconSearch } from "@tabler/icons-react";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { api, got } from "../api/client";
import { useLinkTo } from "../lib/address";
import { pages } from "../nav";

type Found = { label: string; says: string; to: string; icon: typeof IconBox };

/** How many of a kind are offered. */
const each = 4;

export const isRequestID = (s: string) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(s);

export function Palette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const link = useLinkTo();
  const [wanted] = useDebouncedValue(text.trim(), 120);
  const keys = useQuery({ queryKey: ["keys", "palette", wanted], queryFn: () => got(api.GET("/api/v1/keys", { params: { query: { limit: String(each), ...(wanted ? { q: wanted } : {}) } } })), enabled: opened, placeholderData: keepPreviousData });
  const models = useQuery({ queryKey: ["models", "palette", wanted], queryFn: () => got(api.GET("/api/v1/models", { params: { query: { limit: String(each), ...(wanted ? { q: wanted } : {}) } } })), enabled: opened, placeholderData: keepPreviousData });
  const routes = useQuery({ queryKey: ["routes"], queryFn: () => got(api.GET("/api/v1/routes")), enabled: opened });

  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    if (isRequestID(wanted)) return [{ label: wanted, says: "One call", to: link("/logs", { call: wanted }), icon: IconList }];
    const called = (name: string) => name.toLowerCase().includes(wanted);
    const found: Found[] = pages.filter((p) => called(p.label)).map((p) => ({ label: p.label, says: "Page", to: link(p.path), icon: p.icon }));
    for (const k of keys.data?.data ?? []) if (!keys.isPlaceholderData || called(k.name)) found.push({ label: k.name, says: `Calls of the key ${k.hint}`, to: link("/logs", { key_id: k.id }), icon: IconKey });
    for (const r of (routes.data?.data ?? []).filter((r) => called(r.name)).slice(0, each)) found.push({ label: r.name, says: "Route", to: link("/routes", { route: r.name }), icon: IconRoute });
    for (const m of (models.data?.data ?? []).filter((m) => called(m.model))) found.push({ label: m.model, says: "Calls of the model", to: link("/logs", { provider: m.provider, model: m.id }), icon: IconBox });
    return found.slice(0, wanted ? 3 * each : 9);
  }, [text, keys.data, keys.isPlaceholderData, routes.data, models.data, link]);
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
