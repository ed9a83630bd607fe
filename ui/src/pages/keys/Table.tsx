// The keys, with what they did.
import { ActionIcon, Anchor, Box, Menu, Text, Tooltip } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { useLinkTo } from "../../lib/address";
import { count, percent, usd, zone } from "../../lib/format";
import { useMay } from "../../lib/may";
import { saysRule } from "../../lib/rules";
import { Info, Tag, Time, type Tone } from "../../parts/parts";
import { Spark } from "../../parts/Spark";

type Key = Schemas["Key"];
type Use = Schemas["KeyUse"];

const atOnce = 50;

/** What the keys did in 30 days, by id. */
function useUse(rows: Key[]): Map<string, Use> {
  const pages = Array.from({ length: Math.ceil(rows.length / atOnce) }, (_, i) => rows.slice(i * atOnce, (i + 1) * atOnce).map((k) => k.id).join(","));
  const found = useQueries({ queries: pages.map((id) => ({ queryKey: ["keys", "usage", id], queryFn: () => got(api.GET("/api/v1/keys/usage", { params: { query: { id, tz: zone } } })), staleTime: 60_000 })) });
  return new Map(found.flatMap((f) => f.data?.data ?? []).map((u) => [u.id, u]));
}

export function state(k: Key): { label: string; tone: Tone } {
  if (k.revoked) return { label: "revoked", tone: "error" };
  if (k.disabled) return { label: "off", tone: "warning" };
  if (k.expires && new Date(k.expires) < new Date()) return { label: "expired", tone: "plain" };
  return { label: "in use", tone: "accent" };
}

/** What a key is kept to, in a line. */
function rights(k: Key): string {
  const parts = [k.models.length ? k.models.join(", ") : "all models"];
  if (k.gateways.length) parts.push(`on ${k.gateways.join(", ")}`);
  if (k.operations.length) parts.push(k.operations.join(", "));
  if (k.networks.length) parts.push(`from ${k.networks.join(", ")}`);
  if (k.regions.length) parts.push(`in ${k.regions.join(", ")}`);
  return parts.join(" · ");
}

export function KeyTable({ rows, revoke, rotate }: { rows: Key[]; revoke: (k: Key) => void; rotate: (k: Key) => void }) {
  const may = useMay();
  const use = useUse(rows);
  const link = useLinkTo();
  const [params] = useSearchParams();
  const toggle = useAct((k: Key) => (k.disabled ? got(api.POST("/api/v1/keys/{id}/enable", { params: { path: { id: k.id } } })) : got(api.POST("/api/v1/keys/{id}/disable", { params: { path: { id: k.id } } }))), ["keys"], (k) => (k.disabled ? "The key is switched off." : "The key works again."));
  const kept = Object.fromEntries(["q", "state", "ws"].map((n) => [n, params.get(n) ?? ""]));
  return (
    <Box className="scroll">
      <table className="rows tight" aria-label="Keys">
        <thead><tr>
          <th scope="col">Name</th><th scope="col">State</th><th scope="col">Workspace</th><th scope="col">May use</th>
          <th scope="col">30 days <Info text="Calls of each of the last 30 days, refused ones included." /></th><th scope="col" className="n">Calls</th><th scope="col" className="n">Spend</th>
          <th scope="col">Last used</th><th scope="col">Ends</th><th scope="col"><span className="unseen">Actions</span></th>
        </tr></thead>
        <tbody>
          {rows.map((k) => {
            const s = state(k);
            const own = use.get(k.id);
            const calls = own?.total.requests ?? 0;
            const failed = (own?.total.errors ?? 0) + (own?.total.blocked ?? 0);
            return (
              <tr key={k.id}>
                <td><Anchor component={Link} size="sm" fw={500} to={link("/keys", { ...kept, key: k.id })}>{k.name}</Anchor><Text size="xs" c="dimmed" className="nowrap"><span className="typed">{k.hint}</span>{k.owner && ` · ${k.owner}`}</Text></td>
                <td><Tag tone={s.tone}>{s.label}</Tag></td>
                <td className="nowrap">{k.workspace}</td>
                <td style={{ maxWidth: 230 }}><Text size="sm" truncate title={rights(k)}>{rights(k)}</Text>{k.limits.length > 0 && <Text size="xs" c="dimmed" truncate title={k.limits.map(saysRule).join("\n")}>{saysRule(k.limits[0]!)}{k.limits.length > 1 && ` and ${k.limits.length - 1} more`}</Text>}</td>
                <td>{own ? <Spark values={own.requests} label={calls ? `${count(calls)} calls in 30 days, ${percent(failed / calls)} of them refused or failed` : "No calls in 30 days"} /> : <Box w={96} h={22} />}</td>
                <td className="n">{own ? count(calls) : "–"}</td><td className="n">{own ? usd(own.total.cost_usd ?? 0) : "–"}</td>
                <td className="nowrap">{own?.last_used ? <Tooltip label="Show its calls" withArrow><Anchor component={Link} size="sm" to={link("/logs", { key_id: k.id })}><Time value={own.last_used} /></Anchor></Tooltip> : <Text size="sm" c="dimmed" component="span">{own ? "never" : "–"}</Text>}</td>
                <td className="nowrap">{k.expires ? <Time value={k.expires} /> : <Text size="sm" c="dimmed" component="span">never</Text>}</td>
                <td className="n">
                  {!k.revoked && may.edit(k.workspace) && (
                    <Menu position="bottom-end" withArrow>
                      <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${k.name}`}><IconDots size={16} /></ActionIcon></Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item component={Link} to={link("/keys", { ...kept, key: k.id })}>Change…</Menu.Item>
                        <Menu.Item onClick={() => rotate(k)}>New secret…</Menu.Item>
                        <Menu.Item onClick={() => toggle.mutate(k)}>{k.disabled ? "Switch on" : "Switch off"}</Menu.Item>
                        <Menu.Divider />
                        <Menu.Item color="red" onClick={() => revoke(k)}>Revoke…</Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Box>
  );
}
