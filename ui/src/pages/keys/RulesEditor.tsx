// Limits and budgets in rows; what a row cannot show of one stays as it is.
import { ActionIcon, Button, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { Written } from "../../lib/rules";

const units = [{ value: "requests", label: "requests" }, { value: "tokens", label: "tokens" }, { value: "input_tokens", label: "input tokens" }, { value: "output_tokens", label: "output tokens" }, { value: "cost", label: "US dollars" }, { value: "concurrent", label: "at once" }];
const spans = ["1s", "10s", "1m", "10m", "1h", "1d", "7d", "30d"];
const periods = ["day", "week", "month"];

type Row = { unit: string; amount: string; window: string };

/** The row of a rule, null where it says more than a row can. */
function rowOf(w: Written): Row | null {
  const unit = units.find((u) => u.value in w)?.value;
  const value = unit ? w[unit] : undefined;
  if (!unit || Array.isArray(value)) return null;
  const [amount = "", window = ""] = String(value).split("/");
  return { unit, amount, window };
}

function ruleOf(w: Written, row: Row): Written {
  const rest = Object.fromEntries(Object.entries(w).filter(([k]) => !units.some((u) => u.value === k)));
  return { ...rest, [row.unit]: row.unit === "concurrent" ? Number(row.amount) : `${row.amount}/${row.window || "1m"}` };
}

const extras = (w: Written) => Object.entries(w).filter(([k, v]) => !units.some((u) => u.value === k) && !(k === "per" && v === "key")).map(([k, v]) => `${k}: ${typeof v === "string" ? v : JSON.stringify(v)}`).join(" · ");

export function RulesEditor({ kind, value, onChange }: { kind: "limits" | "budgets"; value: Written[]; onChange: (v: Written[]) => void }) {
  const budgets = kind === "budgets";
  const set = (i: number, rule: Written) => onChange(value.map((v, at) => (at === i ? rule : v)));
  const add = () => onChange([...value, budgets ? { per: "key", cost: "10.00/month", alert: [80, 100] } : { per: "key", requests: "100/1m" }]);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" fw={500}>{budgets ? "Budgets" : "Limits"}</Text>
        <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} />} onClick={add}>{budgets ? "Add a budget" : "Add a limit"}</Button>
      </Group>
      {value.map((w, i) => {
        const row = rowOf(w);
        const more = extras(w);
        return (
          <div key={i}>
            <Group gap="xs" wrap="nowrap">
              {row ? (
                <>
                  <NumberInput size="xs" className="grow" aria-label="Amount" min={0} thousandSeparator=" " prefix={row.unit === "cost" ? "$" : ""} value={row.amount} onChange={(v) => set(i, ruleOf(w, { ...row, amount: String(v) }))} />
                  {budgets ? <Text size="xs" c="dimmed">per</Text> : <Select size="xs" w={130} aria-label="Unit" allowDeselect={false} data={units} value={row.unit} onChange={(v) => v && set(i, ruleOf(w, { ...row, unit: v }))} />}
                  {row.unit !== "concurrent" && <Select size="xs" w={92} aria-label="Window" allowDeselect={false} data={[...new Set([...(budgets ? periods : spans), row.window])]} value={row.window} onChange={(v) => v && set(i, ruleOf(w, { ...row, window: v }))} />}
                </>
              ) : <Text size="xs" className="typed grow">{JSON.stringify(w)}</Text>}
              <ActionIcon variant="subtle" color="gray" aria-label={budgets ? `Remove the budget ${i + 1}` : `Remove the limit ${i + 1}`} onClick={() => onChange(value.filter((_, at) => at !== i))}><IconTrash size={15} /></ActionIcon>
            </Group>
            {row && more && <Text size="xs" c="dimmed" mt={2}>{more}</Text>}
          </div>
        );
      })}
    </Stack>
  );
}
