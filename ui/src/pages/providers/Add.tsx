// A provider is added: what it is, what changes, and whether it works.
import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { edited, put } from "../../lib/document";
import { getsItsKey, keepKey, missing, noProvider, providerYAML, tryProvider, useKinds } from "../../lib/provider";
import { Change } from "../../parts/Change";
import { Failure } from "../../parts/parts";
import { ProviderForm } from "../../parts/ProviderForm";
import { Tested } from "../../parts/Tested";

export function Add({ taken, close }: { taken: string[]; close: () => void }) {
  const [p, setP] = useState(noProvider);
  const [step, setStep] = useState<"form" | "change" | "done">("form");
  const [touched, setTouched] = useState(false);
  const [others] = useState(taken); // as they were before this one came
  const kinds = useKinds();
  const make = useCallback((document: string) => edited(document, (d) => put(d, ["providers", p.name], providerYAML(p))), [p]);
  const kind = kinds.data?.data.find((k) => k.name === p.kind);
  const next = () => {
    const ok = Object.keys(missing(p, kind, others)).length === 0;
    setTouched(!ok);
    if (ok) setStep("change");
  };
  if (step === "done") return <Done provider={p.name} keep={() => keepKey(p)} close={close} />;
  if (step === "change") return <Change make={make} note={`new provider ${p.name}`} mended={getsItsKey(p)} done={() => setStep("done")} back={() => setStep("form")} />;
  return (
    <Stack component="form" onSubmit={(e) => { e.preventDefault(); next(); }} aria-label="Provider">
      <ProviderForm value={p} set={setP} taken={others} touched={touched} />
      <Group justify="flex-end"><Button variant="default" onClick={close}>Cancel</Button><Button type="submit">Next</Button></Group>
    </Stack>
  );
}

function Done({ provider, keep, close }: { provider: string; keep: () => Promise<void>; close: () => void }) {
  const trial = useQuery({
    queryKey: ["trial", "added", provider],
    queryFn: async () => {
      await keep();
      return tryProvider({ provider });
    },
    retry: false, gcTime: 0, staleTime: Infinity, refetchOnWindowFocus: false,
  });
  return (
    <Stack>
      {trial.isError ? <Failure error={trial.error} retry={() => void trial.refetch()} /> : trial.data ? <Tested trial={trial.data} /> : <Group gap={8}><Loader size="xs" /><Text size="sm" c="dimmed" role="status">{provider} is in force. Trying it…</Text></Group>}
      {trial.data && !trial.data.ok && <Text size="sm">It stays configured. Mend what is wrong under its credentials, or in the configuration, and test it again.</Text>}
      <Group justify="flex-end"><Button onClick={close}>Close</Button></Group>
    </Stack>
  );
}
