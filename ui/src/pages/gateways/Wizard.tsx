// A gateway in a few steps: name, provider, cache, limits, then what changes, then its address.
import { Alert, Box, Button, Card, Group, MultiSelect, NumberInput, SegmentedControl, Select, Stack, Stepper, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { api, got } from "../../api/client";
import { edited, put } from "../../lib/document";
import { badName, getsItsKey, keepKey, missing, noProvider, providerYAML, useKinds } from "../../lib/provider";
import { Change } from "../../parts/Change";
import { Failure, PageTitle } from "../../parts/parts";
import { ProviderForm } from "../../parts/ProviderForm";
import { Made } from "./Made";

type Form = { name: string; from: "there" | "new"; providers: string[]; cache: boolean; ttl: string; requests: number | ""; tokens: number | ""; budget: number | "" };

const times = [{ value: "1m", label: "a minute" }, { value: "5m", label: "five minutes" }, { value: "1h", label: "an hour" }, { value: "1d", label: "a day" }, { value: "7d", label: "a week" }];

/** What is written below gateways.NAME. */
export function gatewayYAML(f: Form, provider: string): Record<string, unknown> {
  const limit = { per: "key", ...(f.requests ? { requests: `${f.requests}/1m` } : {}), ...(f.tokens ? { tokens: `${f.tokens}/1m` } : {}) };
  const providers = f.from === "new" ? [provider] : f.providers;
  return {
    ...(providers.length ? { providers } : {}),
    ...(f.cache ? { cache: { ttl: f.ttl } } : {}),
    ...(f.requests || f.tokens ? { limits: [limit] } : {}),
    ...(f.budget ? { budgets: [{ per: "workspace", cost: `${Number(f.budget).toFixed(2)}/month`, alert: [50, 80, 100], unpriced: "allow" }] } : {}),
  };
}

export function Wizard({ close }: { close: () => void }) {
  const [step, setStep] = useState(0);
  const [touched, setTouched] = useState(false);
  const [form, setForm] = useState<Form>({ name: "", from: "there", providers: [], cache: false, ttl: "5m", requests: "", tokens: "", budget: "" });
  const [provider, setProvider] = useState(noProvider);
  const [keyFailed, setKeyFailed] = useState<unknown>(null);
  const kinds = useKinds();
  const gateways = useQuery({ queryKey: ["gateways"], queryFn: () => got(api.GET("/api/v1/gateways")) });
  const there = useQuery({ queryKey: ["providers"], queryFn: () => got(api.GET("/api/v1/providers")) });
  const names = there.data?.data.map((p) => p.name) ?? [];
  const wrongName = badName(form.name, gateways.data?.data.map((g) => g.name) ?? []);
  const kind = kinds.data?.data.find((k) => k.name === provider.kind);
  const wrongProvider = form.from === "new" && Object.keys(missing(provider, kind, names)).length > 0;
  const ok = [!wrongName, !wrongProvider, true, true][step] ?? true;

  const make = useCallback((document: string) => edited(document, (d) => {
    if (form.from === "new") put(d, ["providers", provider.name], providerYAML(provider));
    put(d, ["gateways", form.name], gatewayYAML(form, provider.name));
  }), [form, provider]);
  const next = () => {
    setTouched(!ok);
    if (ok) setStep(step + 1);
  };
  const finish = async () => {
    setKeyFailed(null);
    setStep(5);
    if (form.from !== "new") return;
    try {
      await keepKey(provider);
      setProvider((p) => ({ ...p, key: "" }));
    } catch (e) {
      setKeyFailed(e);
    }
  };
  const set = <K extends keyof Form>(k: K, v: Form[K]) => setForm({ ...form, [k]: v });
  const chosen = useMemo(() => (form.from === "new" ? [provider.name] : form.providers), [form, provider.name]);

  return (
    <>
      <PageTitle title="New gateway" says="A base URL with a policy of its own. Nothing changes before the last step.">
        <Button variant="default" onClick={close}>{step === 5 ? "To the gateways" : "Cancel"}</Button>
      </PageTitle>
      <Card withBorder padding="lg" maw={860}>
        <Stepper active={step} onStepClick={(s) => s < step && step < 5 && setStep(s)} size="xs" iconSize={26} mb="lg" className="steps">
          {["Name", "Provider", "Cache", "Limits", "Apply"].map((l) => <Stepper.Step key={l} label={l} allowStepSelect={step < 5} />)}
        </Stepper>
        <Box component="form" onSubmit={(e) => { e.preventDefault(); if (step < 4) next(); }} aria-label="New gateway">
          <Stack gap="md" maw={step === 4 ? undefined : 560}>
            {step === 0 && <TextInput label="Name" description={`It stands in the base URL: /gateways/${form.name || "name"}/v1. Teams, applications or environments make good names.`} placeholder="support" value={form.name} error={touched && wrongName} onChange={(e) => set("name", e.currentTarget.value)} data-autofocus autoFocus autoComplete="off" />}
            {step === 1 && (
              <>
                <SegmentedControl aria-label="Provider" data={[{ value: "there", label: "What is configured" }, { value: "new", label: "Add a provider" }]} value={form.from} onChange={(v) => { setTouched(false); set("from", v as Form["from"]); }} />
                {form.from === "there" ? <MultiSelect label="Providers" description="Which ones it offers. All unless chosen, also those that are added later." placeholder={form.providers.length ? "" : "all"} data={names} value={form.providers} onChange={(v) => set("providers", v)} searchable /> : <ProviderForm value={provider} set={setProvider} taken={names} touched={touched} />}
              </>
            )}
            {step === 2 && (
              <>
                <Switch label="Serve equal requests from a cache" description="The same request of the same workspace gets the same answer again, at no cost, as long as it is fresh." checked={form.cache} onChange={(e) => set("cache", e.currentTarget.checked)} />
                {form.cache && <Select label="Fresh for" data={times} allowDeselect={false} value={form.ttl} onChange={(v) => v && set("ttl", v)} maw={220} />}
              </>
            )}
            {step === 3 && (
              <>
                <NumberInput label="Requests a minute, per key" description="Further ones get 429 with the time to wait. None unless given." placeholder="no limit" min={1} max={1000000} allowDecimal={false} value={form.requests} onChange={(v) => set("requests", v === "" ? "" : Number(v))} maw={280} />
                <NumberInput label="Tokens a minute, per key" description="Input and output together." placeholder="no limit" min={1} allowDecimal={false} thousandSeparator=" " value={form.tokens} onChange={(v) => set("tokens", v === "" ? "" : Number(v))} maw={280} />
                <NumberInput label="Dollars a month, per workspace" description="Never overrun. Alerts at 50, 80 and 100 %. Calls of models without a price pass uncounted." placeholder="no budget" min={0.01} decimalScale={2} prefix="$" value={form.budget} onChange={(v) => set("budget", v === "" ? "" : Number(v))} maw={280} />
              </>
            )}
            {step < 4 && <Group justify="space-between">{step > 0 ? <Button variant="default" onClick={() => setStep(step - 1)}>Back</Button> : <span />}<Button type="submit">Next</Button></Group>}
          </Stack>
        </Box>
        {step === 4 && <Change make={make} note={`new gateway ${form.name}`} mended={form.from === "new" ? getsItsKey(provider) : undefined} done={() => void finish()} back={() => setStep(3)} />}
        {step === 5 && (
          <Stack gap="md">
            {keyFailed !== null && <Alert color="red" variant="light" title="The gateway is there, but the provider's key could not be kept"><Failure error={keyFailed} retry={() => void finish()} /></Alert>}
            {keyFailed === null && (form.from !== "new" || provider.keyFrom !== "here" || provider.key === "") && <Made gateway={form.name} providers={chosen} added={form.from === "new" ? provider.name : ""} />}
          </Stack>
        )}
      </Card>
    </>
  );
}
