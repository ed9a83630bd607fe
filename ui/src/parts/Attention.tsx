// What somebody should look at now; nothing at all when all is well.
import { Alert, List, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../api/client";
import { useAuth } from "../api/session";
import { ago, percent } from "../lib/format";
import { Goto } from "./parts";

const words = (t: Schemas["TargetHealth"]) => {
  const why = t.why ? ` after faults of the kind ${t.why.replaceAll("_", " ")}` : "";
  if (t.level === "drained") return "is out of use";
  return t.level === "probing" ? `rested${why}, and may be tried again` : `rests${why}; it is tried again ${ago(t.until)}`;
};

export function Attention() {
  const { who } = useAuth();
  const health = useQuery({ queryKey: ["health"], queryFn: () => got(api.GET("/api/v1/health")), refetchInterval: 10_000, enabled: who?.admin === true });
  const budgets = useQuery({ queryKey: ["budgets"], queryFn: () => got(api.GET("/api/v1/budgets")), refetchInterval: 30_000 });
  const sick = health.data?.targets.filter((t) => t.level !== "healthy") ?? [];
  const near = budgets.data?.data.flatMap((r) => r.state.filter((s) => s.max > 0 && s.used / s.max >= 0.8).map((s) => ({ r, s }))) ?? [];
  const problems = health.data?.problems ?? [];
  if (sick.length + near.length + problems.length === 0) return null;
  return (
    <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title="Needs attention">
      <List size="sm" spacing={4}>
        {problems.map((p) => <List.Item key={p}>{p}</List.Item>)}
        {sick.slice(0, 5).map((t) => (
          <List.Item key={`${t.provider}/${t.model}/${t.credential}`}>
            <Text size="sm" component="span"><b>{t.provider}{t.model && `/${t.model}`}</b> {words(t)}. <Goto to="/providers">Look</Goto></Text>
          </List.Item>
        ))}
        {near.slice(0, 5).map(({ r, s }) => (
          <List.Item key={r.id + s.counter}><Text size="sm" component="span">Budget <b>{s.values || r.owner}</b> has used {percent(s.used / s.max)}. <Goto to="/limits">Look</Goto></Text></List.Item>
        ))}
      </List>
    </Alert>
  );
}
