// A table as a file that spreadsheets open.

/** One cell: quoted where it must be; what a spreadsheet would take for a formula stays text. */
export function cell(v: string | number | null | undefined): string {
  if (v == null) return "";
  if (typeof v === "number") return String(v);
  const safe = /^[=+\-@\t\r]/.test(v) ? `'${v}` : v;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvOf = (rows: (string | number | null | undefined)[][]) => `${rows.map((r) => r.map(cell).join(",")).join("\r\n")}\r\n`;

/** Hands a file to whoever looks. */
export function download(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  URL.revokeObjectURL(url);
}
