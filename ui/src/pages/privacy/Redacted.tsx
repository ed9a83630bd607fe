// What is taken out before anything is written, and how much of it was found lately.
import { Box, Group, Text } from "@mantine/core";
import { count } from "../../lib/format";
import { Failure, Info, Snippet, Tag, Time } from "../../parts/parts";
import { Spark } from "../../parts/Spark";
import { kindOf, type Hits } from "./hits";

/** What each rule looks for; others are a gateway's own patterns. */
const finds: Record<string, string> = {
  secrets: "Keys, tokens, passwords and private keys, by the rules of gitleaks.",
  email: "E-mail addresses.",
  card: "Card numbers of known networks whose check digit is right.",
  phone: "Phone numbers that are valid in their country's plan.",
  iban: "Account numbers (IBAN) whose check digits are right.",
  ip: "IP addresses; the caller's own keeps its network only.",
};

type Props = { rules: string[]; keeps: boolean; hits: Hits | undefined; failed: Error | null };

export function Redacted({ rules, keeps, hits, failed }: Props) {
  if (failed) return <Failure error={failed} />;
  const known = new Set(rules.map(kindOf));
  const others = [...(hits?.kinds ?? [])].filter(([kind]) => !known.has(kind)).map(([kind]) => kind);
  const rows = [...rules.map((rule) => ({ rule, kind: kindOf(rule) })), ...others.map((kind) => ({ rule: kind === "secret" ? "known secrets" : kind, kind }))];
  return (
    <Box>
      <Group justify="space-between" wrap="nowrap" mb={6}>
        <Group gap={4} wrap="nowrap"><Text size="sm" fw={600}>Taken out before it is written</Text><Info text="It happens in memory, after the answer has gone: callers and providers get what was said unchanged, and neither disk nor store ever has it in clear." /></Group>
        {hits && hits.calls > 0 && rows.length > 0 && <Spark width={120} values={hits.spans} label={`What was found in the newest ${hits.calls} calls, the oldest on the left`} />}
      </Group>
      {rows.length === 0 ? <None keeps={keeps} /> : (
        <Group gap={8}>
          {rows.map((r) => <Tag key={r.rule}><Text component="span" inherit title={finds[r.rule] ?? (r.rule === "known secrets" ? "Keys of the best-known services and credentials of providers; always." : "An own pattern of this gateway.")}>{r.rule}</Text> <b>{hits ? count(hits.kinds.get(r.kind) ?? 0) : "–"}</b></Tag>)}
        </Group>
      )}
      {rows.length > 0 && <Text size="xs" c="dimmed" mt={6}>{!hits ? "…" : hits.calls === 0 ? "No call yet." : <>Found in the newest {count(hits.calls)} calls, since <Time value={hits.since} />.</>}</Text>}
    </Box>
  );
}

function None({ keeps }: { keeps: boolean }) {
  if (!keeps) return <Text size="sm" c="dimmed">Nothing is kept in which something could be found.</Text>;
  return (
    <>
      <Text size="sm" c="dimmed" mb={6}>Credentials of providers and keys of the best-known services alone. More is taken out by rules:</Text>
      <Snippet text={"log:\n  redact: [secrets, email, card, phone, iban, ip]"} label="Copy the rules" />
    </>
  );
}
