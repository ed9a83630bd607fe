// A table as a file that spreadsheets open.

/** One cell: quoted where it must be; what a spreadsheet would take for a formula stays text. */
export function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Puts what people call an id beside it, in a file whose ids need no quotes. */
export function withNames(csv: string, column: string, nameOf: (id: string) => string): string {
  const [head = "", ...rows] = csv.trimEnd().split("\r\n").map((l) => l.split(","));
  const at = head.indexOf(column);
  const beside = (l: string[], name: string) => [...l.slice(0, at + 1), name, ...l.slice(at + 1)].join(",");
  return at < 0 ? csv : [beside([...head], `${column}_name`), ...rows.map((l) => beside(l, l[at] ? cell(nameOf(l[at]!)) : "")), ""].join("\r\n");
}
