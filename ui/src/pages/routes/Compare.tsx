// Which of two targets does better, and how sure that is.
import { Alert, Card, Group, Switch, Text } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, got } from "../../api/client";
import { useParams, usePeriod } from "../../lib/address";
import { ModelSelect } from "../../parts/models";
import { Failure, Info, Waiting } from "../../parts/parts";
import type { Route, Traffic } from "../Routes";
import { FiguresTable } from "./Figures";

export function Compare({ route, traffic }: { route: Route; traffic?: Traffic }) {
  const [params, set] = useParams();
  const period = usePeriod();
  const own = traffic?.targets.map((t) => t.target).filter((t) => t.includes("/")) ?? [];
  const a = params.get("a") ?? own[0] ?? "";
  const b = params.get("b") ?? own.find((t) => t !== a) ?? "";
  const only = params.get("only") !== "0";
  const shadows = params.get("shadows") === "1";
  const ready = a !== "" && b !== "" && a !== b;
  const compared = useQuery({
    queryKey: ["compare", a, b, only && route.name, shadows, period.range, period.custom && period.from], enabled: ready, placeholderData: keepPreviousData, retry: false,
    queryFn: () => got(api.GET("/api/v1/compare", { params: { query: { a, b, from: period.from.toISOString(), to: period.to.toISOString(), ...(only ? { route: route.name } : {}), ...(shadows ? { shadows: "true" } : {}) } } })),
  });
  const pick = (which: "a" | "b", label: string, value: string) => <ModelSelect label={label} w={{ base: "100%", xs: 240 }} names={own} value={value || null} onChange={(v) => set({ [which]: v ?? "" })} />;
  return (
    <Card withBorder>
      <Group align="flex-end" gap="md" mb="md">
        {pick("a", "The one", a)}{pick("b", "The other", b)}
        <Switch pb={8} label="Calls of this route alone" checked={only} onChange={(e) => set({ only: e.currentTarget.checked ? "" : "0" })} />
        <Group gap={2} pb={6} wrap="nowrap"><Switch label="Shadows" checked={shadows} onChange={(e) => set({ shadows: e.currentTarget.checked ? "1" : "" })} /><Info text="The other one are the copies that a shadow got, the one the calls that were copied." /></Group>
      </Group>
      {!ready ? <Text size="sm" c="dimmed">Choose two different targets.</Text> : compared.isError ? <Failure error={compared.error} /> : !compared.data ? <Waiting rows={6} height={28} /> : (
        <>
          <Alert variant="light" color={compared.data.enough ? undefined : "gray"} icon={<IconScale size={18} />} mb="md">{compared.data.verdict}{compared.data.warning && ` ${compared.data.warning}`}</Alert>
          <FiguresTable a={compared.data.a} b={compared.data.b} nameA={a} nameB={b} />
        </>
      )}
    </Card>
  );
}
