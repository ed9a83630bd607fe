// Which gateway and which workspace pages are about, where there are several.
import { Group, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "react-router";
import { api, got } from "../api/client";
import { useParams } from "../lib/address";
import { scopeOf } from "../nav";
import { Chip } from "./parts";

const many = 12; // that are searched rather than read

export function Scope() {
  const { pathname } = useLocation();
  const [params, set] = useParams();
  const asked = scopeOf(pathname);
  const gateways = useQuery({ queryKey: ["gateways", "names"], enabled: asked.includes("gateway"), queryFn: () => got(api.GET("/api/v1/gateways")), staleTime: 60_000 });
  const workspaces = useQuery({ queryKey: ["workspaces", "names"], enabled: asked.includes("workspace"), queryFn: () => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "500" } } })), staleTime: 60_000 });
  const choices = {
    gateway: gateways.data?.data.map((g) => ({ value: g.name, label: g.name })) ?? [],
    workspace: workspaces.data?.data.map((w) => ({ value: w.id, label: w.name || w.id })) ?? [],
  };
  return asked.map((of) => {
    const value = params.get(of);
    const data = value && !choices[of].some((c) => c.value === value) ? [...choices[of], { value, label: value.replace(/^!/, "not ") }] : choices[of];
    return data.length > 1 && <Select key={of} className="hide-small" size="xs" w={138} searchable={data.length > many} allowDeselect={false} aria-label={`Which ${of}`} checkIconPosition="right" comboboxProps={{ width: 220, position: "bottom-start" }} data={[{ value: "", label: `All ${of}s` }, ...data]} value={value ?? ""} onChange={(v) => set({ [of]: v ?? "" })} />;
  });
}

const ownChips = new Set(["/logs", "/audit"]); // these say all that they are filtered by

/** The same on a phone, whose bar has no room: what is chosen, to be taken away. */
export function ScopeChips() {
  const { pathname } = useLocation();
  const [params, set] = useParams();
  const chosen = ownChips.has(pathname) ? [] : scopeOf(pathname).filter((of) => params.get(of));
  if (chosen.length === 0) return null;
  return <Group className="only-small" gap="xs" mb="sm">{chosen.map((of) => <Chip key={of} label={`${of}: ${params.get(of)}`} remove={() => set({ [of]: "" })} />)}</Group>;
}
