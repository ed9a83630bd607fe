// A gateway that was just made: its address, a key, and a call that works.
import { Alert, Autocomplete, Button, Group, Loader, Stack, Text, TextInput } from "@mantine/core";
import { IconCircleCheck, IconKey, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, got } from "../../api/client";
import { useAct } from "../../lib/act";
import { ask, bodyOf, type Run } from "../../lib/ask";
import { ms, usd } from "../../lib/format";
import { firstOf, tryProvider } from "../../lib/provider";
import { useModels } from "../../parts/models";
import { Copy, Failure, Goto, Snippet } from "../../parts/parts";
import { useDataPlane } from "../../parts/serve";
import { Tested } from "../../parts/Tested";

const quoted = (s: string) => s.replaceAll("'", `'\\''`);

export function Made({ gateway, providers, added }: { gateway: string; providers: string[]; added: string }) {
  const base = `${useDataPlane()}/gateways/${gateway}`;
  const trial = useQuery({ queryKey: ["trial", added], queryFn: () => tryProvider({ provider: added }), enabled: added !== "", retry: false, gcTime: 0 });
  const [typed, setTyped] = useState<string | null>(null);
  const models = useModels(typed ?? "");
  const known = [...(trial.data?.models ?? []).map((m) => `${added}/${m}`), ...models.filter((m) => providers.length === 0 || providers.includes(m.provider)).map((m) => m.model)];
  const names = [...new Set(known)];
  const model = typed ?? firstOf(names);
  const [secret, setSecret] = useState("");
  const make = useAct(() => got(api.POST("/api/v1/keys", { body: { name: `${gateway} (first key)`, gateways: [gateway] } as never })), ["keys"]);
  const [run, setRun] = useState<Run | null>(null);
  const stop = useRef<AbortController | null>(null);
  const tryIt = async () => {
    stop.current?.abort();
    stop.current = new AbortController();
    await ask(bodyOf(model, "", [{ role: "user", content: "Say hello in one sentence." }], [], {}), { gateway }, stop.current.signal, setRun);
  };
  const curl = `curl ${base}/v1/chat/completions \\\n  -H "Authorization: Bearer ${secret || "$SLUICE_KEY"}" \\\n  -H "Content-Type: application/json" \\\n  -d '${quoted(JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }))}'`;
  return (
    <Stack gap="md">
      <Alert color="green" variant="light" icon={<IconCircleCheck size={18} />} title={`The gateway ${gateway} is in force`}>Applications change their base URL and their key, and nothing else.</Alert>
      {added && (trial.isError ? <Failure error={trial.error} /> : trial.data ? <Tested trial={trial.data} /> : <Group gap={8}><Loader size="xs" /><Text size="sm" c="dimmed" role="status">Trying {added}…</Text></Group>)}
      <Group gap="xs" align="flex-end" wrap="nowrap"><TextInput className="grow" label="Base URL" description="Of OpenAI's SDKs. For Anthropic's and Google's leave out the trailing /v1." readOnly value={`${base}/v1`} ff="monospace" /><Copy text={`${base}/v1`} label="Copy the base URL" /></Group>
      <Autocomplete label="Model" description="Of the calls below." data={names} limit={50} value={model} onChange={setTyped} maw={420} />
      {secret ? <Text size="sm">The key is in the command below. Copy it now: it is shown this once.</Text> : (
        <Group gap="xs"><Button variant="light" leftSection={<IconKey size={16} />} loading={make.isPending} onClick={() => make.mutate(undefined, { onSuccess: (k) => setSecret(k.secret) })}>Make a key for it</Button><Text size="sm" c="dimmed">valid at this gateway alone. Keys that are not bound to a gateway work here, too.</Text></Group>
      )}
      <div data-testid="curl"><Snippet text={curl} label="Copy the command" /></div>
      <Group gap="xs"><Button leftSection={<IconPlayerPlay size={16} />} disabled={!model} loading={run?.state === "running"} onClick={() => void tryIt()}>Try it</Button><Text size="sm" c="dimmed">as yourself, through this gateway</Text></Group>
      {run && (
        <Alert variant="light" color={run.state === "failed" ? "red" : "gray"} title={run.state === "failed" ? "That did not work" : run.state === "running" ? "Answering…" : `Answered in ${ms(run.total)}${run.cost == null ? "" : `, ${usd(run.cost)}`}`} data-testid="tried">
          <Text size="sm" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{run.error || run.text}</Text>
          {run.id && run.state !== "running" && <Goto to="/logs" extra={{ call: run.id }}>Open the call</Goto>}
        </Alert>
      )}
      <Group gap="md"><Goto to="/playground" extra={{ gateway, model }}>Ask more in the playground</Goto><Goto to="/keys">Keys</Goto><Goto to="/limits">Limits & budgets</Goto></Group>
    </Stack>
  );
}
