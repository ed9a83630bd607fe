// How the gateway and what it stands on are, and how to mend what is wrong.
import { Button, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconHeartbeat, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAuth } from "../api/session";
import { ago, at, bytes, count, span } from "../lib/format";
import { Empty, Failure, Figure, PageTitle, Waiting } from "../parts/parts";
import { Backups } from "./health/Backups";
import { Findings } from "./health/Findings";

export default function Health() {
  const { who } = useAuth();
  if (who && !who.admin) return <><Title /><Empty icon={IconHeartbeat} title="Only system admins see the gateway's health"><Text ta="center" c="dimmed">Your own calls are on the pages Overview and Logs.</Text></Empty></>;
  return <Checked />;
}

function Title({ children }: { children?: ReactNode }) {
  return <PageTitle title="Health" says="Whether the gateway and what it stands on are well, and how to mend what is not.">{children}</PageTitle>;
}

function Checked() {
  const health = useQuery({ queryKey: ["health"], queryFn: () => got(api.GET("/api/v1/health")), refetchInterval: 10_000 });
  // Every provider is called once for it, so nothing repeats it but the button.
  const doctor = useQuery({ queryKey: ["doctor"], queryFn: () => got(api.GET("/api/v1/doctor")), staleTime: 5 * 60_000, refetchOnWindowFocus: false, retry: false });
  return (
    <>
      <Title><Button variant="default" leftSection={<IconRefresh size={16} />} loading={doctor.isFetching} onClick={() => void doctor.refetch()}>Check again</Button></Title>
      <Stack gap="md">
        {health.isError ? <Failure error={health.error} retry={() => void health.refetch()} /> : !health.data ? <Waiting rows={1} height={112} /> : <Figures of={health.data} found={doctor.data} />}
        {doctor.isError ? <Failure error={doctor.error} retry={() => void doctor.refetch()} /> : !doctor.data ? <Waiting rows={8} height={52} /> : <Findings of={doctor.data} />}
        <Backups made={!doctor.data || !!doctor.data.last_backup} />
      </Stack>
    </>
  );
}

function Figures({ of: h, found }: { of: Schemas["Health"]; found: Schemas["Diagnosis"] | undefined }) {
  const redis = found?.findings.find((f) => f.check === "redis");
  const store = found?.findings.find((f) => f.check === "store");
  const backup = found?.last_backup;
  const waits = h.spool.depth > 0 && h.spool.oldest ? `oldest ${ago(h.spool.oldest)}` : `${bytes(h.spool.bytes)}`;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="md">
      <Figure label="State" value={h.status === "ok" ? "Serving" : "Degraded"} tone={h.status === "ok" ? undefined : "red"} note={h.problems[0] ?? `${count(h.in_flight)} calls in flight`} says="Degraded: it serves, and something is wrong. The same is said by GET /api/v1/health." />
      <Figure label="This node" value={h.version} note={`up ${span(h.uptime_s)}`} exact={`Version ${h.version}, since ${at(h.started)}`} says="Version of the node that serves this page, and how long it has been running. Nodes that share a store should run the same version." />
      <Figure label="Store" value={h.store.ok ? "Answers" : "Away"} tone={h.store.ok ? undefined : "red"} note={store?.message.split(", a query")[0] ?? " "} says="The database that keeps entries, keys and workspaces. While it is away calls go on, and entries wait in the spool." />
      <Figure label="Spool" value={count(h.spool.depth)} note={waits} tone={h.spool.bad > 0 ? "red" : undefined} says="Entries on the local disk that are not in the store yet. A few are usual; a number that grows for minutes means that the store is away or too slow." />
      <Figure label="Redis" value={!found ? "…" : !redis ? "Off" : redis.level === "problem" ? "Away" : "Answers"} tone={redis?.level === "problem" ? "red" : undefined} note={redis?.message ?? "this node alone"} says="What several nodes share: counters of limits and budgets, health of targets, answers of the cache. One node needs none." />
      <Figure label="Last backup" value={!found ? "…" : backup ? ago(backup.time) : "None"} exact={backup ? at(backup.time) : undefined} note={backup ? `by ${backup.by}` : "see below how"} says="The newest backup that came to its end, by the audit log. Backups of the database by its own means are not known here." />
    </SimpleGrid>
  );
}
