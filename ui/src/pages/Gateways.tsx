import { Box, Button, Card, Group, Stack, Text } from "@mantine/core";
import { IconDoor, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAuth } from "../api/session";
import { totalOf, useAnalytics } from "../lib/analytics";
import { useParam, useLastHour } from "../lib/address";
import { meaning } from "../lib/color";
import { count, ms, percent, span, usd } from "../lib/format";
import { Copy, Empty, Failure, Goto, Info, PageTitle, Tag, Waiting } from "../parts/parts";
import { useDataPlane } from "../parts/serve";
import { Wizard } from "./gateways/Wizard";

type Gateway = Schemas["Gateway"];

export default function Gateways() {
  const { who } = useAuth();
  const [making, setMaking] = useParam("new");
  const gateways = useQuery({ queryKey: ["gateways"], queryFn: () => got(api.GET("/api/v1/gateways")) });
  const document = useQuery({ queryKey: ["config"], queryFn: () => got(api.GET("/api/v1/config")), enabled: who?.admin === true, staleTime: 30_000 });
  const period = useLastHour();
  const figures = useAnalytics(period, {}, true, { metric: "requests,error_rate,latency_p95_ms,tokens,cost_usd,hit_ratio", by: "gateway", top: "100" });
  const byName = useMemo(() => new Map(figures.data?.series.map((s) => [s.by.gateway ?? "", s])), [figures.data]);
  const settings = (document.data?.config as { gateways?: Record<string, Settings> } | undefined)?.gateways ?? {};

  if (making && who?.admin) return <Wizard close={() => setMaking("")} />;
  return (
    <>
      <PageTitle title="Gateways" says="Each is a base URL with its own policy: who may call, what they may use and spend, what is kept. Figures are of the last hour.">
        {who?.admin && <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking("1")}>New gateway</Button>}
      </PageTitle>
      {gateways.isError ? <Failure error={gateways.error} retry={() => void gateways.refetch()} /> : !gateways.data ? <Waiting rows={3} height={132} /> : (
        <Stack gap="md">
          {gateways.data.data.map((g) => <One key={g.name} gateway={g} settings={settings[g.name]} figures={byName.get(g.name)} loading={!figures.data} />)}
          {gateways.data.data.length === 1 && who?.admin && (
            <Card withBorder padding="md"><Empty icon={IconDoor} title="One gateway serves everybody"><Text ta="center" c="dimmed" size="sm" mb="sm">A second one keeps a team, an application or an environment apart: its own base URL, limits, cache and log.</Text><Group justify="center"><Button variant="light" onClick={() => setMaking("1")}>Make one</Button></Group></Empty></Card>
          )}
        </Stack>
      )}
    </>
  );
}

const many = (of: unknown[] | undefined, what: string) => `${of?.length ?? 0} ${what}${of?.length === 1 ? "" : "s"}`;

type Settings = { cache?: { ttl?: string } | null; limits?: unknown[]; budgets?: unknown[] };

function One({ gateway: g, settings, figures, loading }: { gateway: Gateway; settings?: Settings; figures?: Parameters<typeof totalOf>[0]; loading: boolean }) {
  const base = useDataPlane();
  const url = `${g.name === "default" ? base : `${base}/gateways/${g.name}`}/v1`;
  const value = (m: string) => (figures ? totalOf(figures, m) : null);
  const errors = value("error_rate");
  const cells: [name: string, text: string, says: string, tone?: string, outcome?: string][] = [
    ["Requests", loading ? "–" : count(value("requests") ?? 0), "Calls of the last hour, refused ones included."],
    ["Errors", percent(errors), "Share of calls that ended with an error. Those that a limit or budget refused, and those whose caller left first, are not among them.", errors && errors > 0.05 ? "red" : undefined, "error"],
    ["p95", ms(value("latency_p95_ms")), "95 of 100 calls took less than this, from their first byte to the last one of the answer."],
    ["Tokens", count(value("tokens")), "Input and output."],
    ["Spend", usd(value("cost_usd")), "What providers charge for these calls, by the catalogue's prices."],
    ["Cache hits", percent(value("hit_ratio")), "Share of the calls that asked the cache and were served from it."],
  ];
  const policy: string[] = [
    `callers by ${g.auth.join(" or ") || "nothing"}`,
    g.providers.length ? `providers ${g.providers.join(", ")}` : "all providers",
    g.models.length ? `models ${g.models.join(", ")}` : "all models",
    `bodies ${g.log.bodies === "full" ? `kept ${g.log.retain_s ? `for ${span(g.log.retain_s)}` : "for ever"}` : g.log.bodies === "none" ? "not kept" : "as metadata alone"}`,
    ...(settings ? [settings.cache?.ttl ? `cache ${settings.cache.ttl}` : "no cache", many(settings.limits, "limit"), many(settings.budgets, "budget")] : []),
  ];
  return (
    <Card withBorder padding="md" component="section" aria-label={g.name}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <Box style={{ minWidth: 0 }}>
          <Group gap="xs"><Text fw={650} size="lg" component="h2" m={0}>{g.name}</Text>{g.auth.includes("none") && <Tag tone="warning">open to anybody</Tag>}{figures && <span className="dot" style={{ background: errors && errors > 0.05 ? meaning.failed : meaning.healthy }} role="img" aria-label={errors && errors > 0.05 ? "More than 5 % of calls fail" : "Calls succeed"} />}</Group>
          <Group gap={4} wrap="nowrap"><Text size="sm" ff="monospace" truncate>{url}</Text><Copy text={url} label={`Copy the base URL of ${g.name}`} /></Group>
          {g.hosts.length > 0 && <Text size="xs" c="dimmed">also as {g.hosts.join(", ")}</Text>}
        </Box>
        <Group gap="md"><Goto to="/playground" extra={{ gateway: g.name === "default" ? "" : g.name }}>Try it</Goto><Goto to="/logs" extra={{ gateway: g.name }}>Calls</Goto><Goto to="/" extra={{ gateway: g.name }}>Figures</Goto></Group>
      </Group>
      <Box className="six" mt="sm">{cells.map(([name, text, says, tone, outcome]) => <Box key={name}><Group gap={2} wrap="nowrap"><Text size="xs" c="dimmed">{name}</Text><Info text={says} /></Group><Text fw={600} c={tone} component="div">{outcome && errors ? <Goto to="/logs" extra={{ gateway: g.name, outcome }}>{text}</Goto> : text}</Text></Box>)}</Box>
      <Text size="xs" c="dimmed" mt="sm">{policy.join(" · ")}</Text>
    </Card>
  );
}
