// Asks before answers are purged, and says what is lost with them.
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { count, ms, usd } from "../../lib/format";

type Props = { what: Schemas["NewPurge"]; onClose: () => void; done?: () => void };

export function Wipe({ what, onClose, done }: Props) {
  const act = useAct((body: Schemas["NewPurge"]) => got(api.POST("/api/v1/cache/purge", { body })), ["purges", "cache", "cached"], (p) => `Purged: ${p.says}.`);
  const words = what.all ? "every answer that is kept" : `answers with ${Object.entries(what).map(([k, v]) => `${k} ${String(v)}`).join(" and ")}`;
  const wipe = () => act.mutate(what, { onSuccess: () => { onClose(); done?.(); } });
  return (
    <Modal opened onClose={onClose} title="Purge the cache" closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Text size="sm" className="said">This drops {what.key ? "the answer with this key" : words}.</Text>
        <Loss of={what} />
        <Text size="sm">The next identical requests are answered, and paid for, by providers again.</Text>
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>Cancel</Button><Button color="red" loading={act.isPending} onClick={wipe}>Purge</Button></Group>
      </Stack>
    </Modal>
  );
}

/** What the answers that a purge names did in the last day: what is lost with them. */
function Loss({ of }: { of: Schemas["NewPurge"] }) {
  const query: Record<string, string> = {};
  for (const k of ["gateway", "provider", "workspace", "route", "tag"] as const) if (of[k]) query[k] = String(of[k]);
  const [provider, model] = (of.model ?? "").includes("/") ? [of.model!.slice(0, of.model!.indexOf("/")), of.model!.slice(of.model!.indexOf("/") + 1)] : ["", of.model ?? ""];
  if (model) query.model = model;
  if (provider) query.provider = provider;
  const lost = useQuery({ queryKey: ["cache", "loss", query], queryFn: () => got(api.GET("/api/v1/cache/report", { params: { query: query as never } })), enabled: !of.key });
  const r = lost.data?.data[0];
  if (of.key || lost.isError || !r) return null;
  return <Text size="sm">As far as the log reaches, {of.older ? "answers of this kind, young and old," : "these answers"} served <b>{count(r.served)}</b> {r.served === 1 ? "call" : "calls"} and saved <b>{usd(r.saved_usd)}</b> and <b>{ms(r.saved_ms)}</b> of waiting.</Text>;
}
