// What sessions are chosen by.
import { Group, NumberInput, Switch, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useParams } from "../../lib/address";
import { KeyPick } from "../../parts/KeyPick";

/** The filters of an address, as the API names them. */
export const chosenOf = (params: URLSearchParams): Record<string, string> => Object.fromEntries(["gateway", "workspace", "key_id", "user", "min_cost", "errors"].flatMap((n) => (params.get(n) ? [[n, params.get(n)!]] : [])));

export function Filters() {
  const [params, set] = useParams();
  const [user, setUser] = useState(params.get("user") ?? "");
  const [cost, setCost] = useState<string | number>(params.get("min_cost") ?? "");
  useEffect(() => setUser(params.get("user") ?? ""), [params]);
  useEffect(() => setCost(params.get("min_cost") ?? ""), [params]);
  const apply = () => set({ user: user.trim(), min_cost: Number(cost) > 0 ? String(cost) : "" });
  const enter = (e: { key: string }) => e.key === "Enter" && apply();
  return (
    <Group gap="sm" align="flex-end" role="search" aria-label="Choose sessions">
      <KeyPick value={params.get("key_id") ?? ""} onChange={(v) => set({ key_id: v })} />
      <TextInput size="xs" w={150} label="User" placeholder="Any" value={user} onChange={(e) => setUser(e.currentTarget.value)} onBlur={apply} onKeyDown={enter} />
      <NumberInput size="xs" w={130} label="Cost at least" placeholder="0" prefix="$" min={0} decimalScale={6} hideControls value={cost} onChange={setCost} onBlur={apply} onKeyDown={enter} />
      <Switch mb={6} label="Errors only" checked={params.get("errors") === "true"} onChange={(e) => set({ errors: e.currentTarget.checked ? "true" : "" })} />
    </Group>
  );
}
