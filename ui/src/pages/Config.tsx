import { Alert, Box, Button, Code, Grid, Group, List, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, APIError, got, type Schemas } from "../api/client";
import { useAct } from "../lib/act";
import { toYAML } from "../lib/yaml";
import { Copy, Failure, PageTitle, Panel, Waiting } from "../parts/parts";

export default function Config() {
  const config = useQuery({ queryKey: ["config"], queryFn: () => got(api.GET("/api/v1/config")) });
  const health = useQuery({ queryKey: ["health"], queryFn: () => got(api.GET("/api/v1/health")) });
  const [find, setFind] = useState("");
  const yaml = useMemo(() => (config.data ? toYAML(config.data.config) : ""), [config.data]);
  const lines = useMemo(() => (find ? yaml.split("\n").filter((l) => l.toLowerCase().includes(find.toLowerCase())).join("\n") : yaml), [yaml, find]);
  if (config.isError && config.error instanceof APIError && config.error.status === 403) return <><PageTitle title="Config" /><Failure error={config.error} /></>;
  return (
    <>
      <PageTitle title="Config" says="What is in force, defaults included. It comes from sluice.yaml and the environment; secrets are shown as references." />
      {health.data && health.data.problems.length > 0 && <Alert color="yellow" variant="light" title="Problems" mb="md"><List size="sm">{health.data.problems.map((p) => <List.Item key={p}>{p}</List.Item>)}</List></Alert>}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Panel title="In force" says="Read-only: change the file and reload Sluice (SIGHUP), which checks it first and keeps the old one when it is wrong." right={<Copy text={yaml} label="Copy the document" />}>
            {config.isError ? <Failure error={config.error} /> : !config.data ? <Waiting rows={8} height={20} /> : (
              <Stack gap="xs"><TextInput data-search size="xs" placeholder="Find a line  ( / )" aria-label="Find a line" value={find} onChange={(e) => setFind(e.currentTarget.value)} /><Code block className="yaml" tabIndex={0}>{lines || "No line has this."}</Code></Stack>
            )}
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}><Check /></Grid.Col>
      </Grid>
    </>
  );
}

function Check() {
  const [text, setText] = useState("");
  const [result, setResult] = useState<Schemas["Validation"] | null>(null);
  const act = useAct((body: string) => got(api.POST("/api/v1/config/validate", { body: body as never, bodySerializer: (b) => b as unknown as string, headers: { "Content-Type": "application/yaml" } })), []);
  return (
    <Panel title="Check a document" says="As the gateway would at a reload. Nothing changes.">
      <Stack gap="sm">
        <Textarea aria-label="Document to check" placeholder={"gateways:\n  default:\n    cache: { ttl: 5m }"} autosize minRows={8} maxRows={24} value={text} onChange={(e) => { setText(e.currentTarget.value); setResult(null); }} classNames={{ input: "typed" }} />
        <Group justify="flex-end"><Button size="xs" disabled={!text.trim()} loading={act.isPending} onClick={() => act.mutate(text, { onSuccess: setResult })}>Check</Button></Group>
        {result?.ok && result.problems.length === 0 && <Alert color="green" variant="light" icon={<IconCircleCheck size={18} />}>The gateway would take it.</Alert>}
        {result && result.problems.length > 0 && (
          <Alert color={result.ok ? "yellow" : "red"} variant="light" title={result.ok ? "It can be used, but" : "The gateway would refuse it"}>
            <Stack gap="xs">{result.problems.map((p, i) => <Box key={i}><Text size="sm">{p.message}</Text><Text size="xs" c="dimmed">{[p.line && `line ${p.line}${p.column ? `, column ${p.column}` : ""}`, p.path].filter(Boolean).join(" · ")}</Text></Box>)}</Stack>
          </Alert>
        )}
      </Stack>
    </Panel>
  );
}
