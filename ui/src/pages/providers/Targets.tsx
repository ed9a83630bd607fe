// How the targets of a provider stand.
import { Box, Button, Group, Text } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { meaning } from "../../lib/color";
import { count, ms, percent } from "../../lib/format";
import type { What } from "../../lib/provider";
import { Bar, Time } from "../../parts/parts";
import type { Drained } from "../Providers";

type Target = Schemas["TargetHealth"];

export const levels = {
  healthy: { color: meaning.healthy, says: "It answers." },
  probing: { color: meaning.limited, says: "It rested after failures; one call may try it now." },
  cooling: { color: meaning.failed, says: "It failed and rests: it is used only when nothing better is left." },
  drained: { color: meaning.left, says: "Somebody took it out of use." },
};

export function Targets({ provider, targets, admin, drain, test }: { provider: string; targets: Target[]; admin: boolean; drain: (w: Drained) => void; test: (w: What) => void }) {
  if (targets.length === 0) return <Text size="sm" c="dimmed" py="xs">{admin ? "Nothing was called lately on this node; health shows with the first call." : "How targets stand is shown to admins."}</Text>;
  return (
    <Box className="scroll">
      <table className="rows" aria-label={`Health of ${provider}`}>
        <thead><tr><th scope="col">Target</th><th scope="col">Health</th><th scope="col">Success</th><th scope="col" className="n">First content</th><th scope="col" className="n">p95</th><th scope="col" className="n">Tokens/s</th><th scope="col" className="n">In flight</th><th scope="col" className="n">Calls</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
        <tbody>
          {targets.map((t) => (
            <tr key={`${t.model}/${t.credential}`}>
              <td>{t.model || <Text size="sm" c="dimmed" component="span">no model</Text>}{t.credential && <Text size="xs" c="dimmed">{t.credential}</Text>}</td>
              <td>
                <Group gap={6} wrap="nowrap" title={levels[t.level].says}><span className="dot" style={{ background: levels[t.level].color }} />{t.level}</Group>
                {t.why && <Text size="xs" c="dimmed">{t.why.replaceAll("_", " ")}{t.status ? ` (${t.status})` : ""}{t.until && t.level === "cooling" && <>, tried again <Time value={t.until} /></>}{t.failures > 1 && `, ${t.failures} failures in a row`}{t.peer && ", another node says"}</Text>}
              </td>
              <td><Group gap={8} wrap="nowrap"><Box w={80}><Bar share={t.success} color={t.success < 0.9 ? meaning.failed : meaning.healthy} label={`${percent(t.success)} of calls succeed`} /></Box><Text component="span" size="sm" style={{ whiteSpace: "nowrap" }}>{percent(t.success)}</Text></Group></td>
              <td className="n">{ms(t.first_ms)}</td><td className="n">{ms(t.first_p95_ms)}</td><td className="n">{count(t.tokens_per_second)}</td><td className="n">{count(t.busy)}</td><td className="n">{count(t.calls)}</td>
              <td className="n">{admin && t.model && <Group gap={4} justify="flex-end" wrap="nowrap"><Button size="compact-xs" variant="subtle" aria-label={`Test ${t.model}`} onClick={() => test({ provider, model: t.model, credential: t.credential || undefined })}>Test</Button>{t.level !== "drained" && <Button size="compact-xs" variant="subtle" color="gray" aria-label={`Drain ${t.model}`} onClick={() => drain({ provider, model: t.model })}>Drain</Button>}</Group>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Box>
  );
}
