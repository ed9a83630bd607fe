import "../callers.css";
import { SimpleGrid, Stack, Text } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import { useMay } from "../lib/may";
import { Empty, Failure, PageTitle, Snippet, Waiting } from "../parts/parts";
import { Firing } from "./alerts/Firing";
import { Channels, History, Mutes } from "./alerts/History";
import { RuleCard } from "./alerts/RuleCard";

const refetchInterval = 15_000;

export default function Alerts() {
  const may = useMay();
  const active = useQuery({ queryKey: ["alerts", "active"], queryFn: () => got(api.GET("/api/v1/alerts")), refetchInterval, placeholderData: keepPreviousData });
  const rules = useQuery({ queryKey: ["alerts", "rules"], queryFn: () => got(api.GET("/api/v1/alerts/rules")), refetchInterval, placeholderData: keepPreviousData });
  const failed = active.isError ? active : rules.isError ? rules : null;
  return (
    <>
      <PageTitle title="Alerts" says="What is out of bounds now, who is told, and what was raised before." />
      {failed ? <Failure error={failed.error} retry={() => void failed.refetch()} /> : !active.data || !rules.data ? <Waiting rows={2} height={200} /> : (
        <Stack gap="md">
          {rules.data.data.length === 0 ? (
            <Empty icon={IconBell} title="There is no alert rule yet">
              <Text ta="center" c="dimmed" mb="sm">Rules stand in the configuration. This one fires when calls fail:</Text>
              <Snippet text={"alerts:\n  rules:\n    - { name: errors, metric: error_rate, above: 5%, for: 5m, min_calls: 20 }"} />
            </Empty>
          ) : <Firing all={active.data.data} />}
          <SimpleGrid cols={{ base: 1, md: 2 }}>{rules.data.data.map((r) => <RuleCard key={r.id} of={r} />)}</SimpleGrid>
          <History />
          <SimpleGrid cols={{ base: 1, md: may.admin ? 2 : 1 }}><Mutes />{may.admin && <Channels />}</SimpleGrid>
        </Stack>
      )}
    </>
  );
}
