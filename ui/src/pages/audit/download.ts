// Exports events page by page, as the command line does.
import { api, got } from "../../api/client";
import { saveFile } from "../../lib/save";
import type { Event } from "../Audit";

const columns: [string, (e: Event) => unknown][] = [
  ["seq", (e) => e.seq], ["time", (e) => e.time], ["actor_kind", (e) => e.actor.kind], ["actor_id", (e) => e.actor.id], ["actor_name", (e) => e.actor.name], ["actor_role", (e) => e.actor.role], ["action", (e) => e.action],
  ["object_kind", (e) => e.object.kind], ["object_id", (e) => e.object.id], ["object_name", (e) => e.object.name], ["workspace", (e) => e.workspace], ["ip", (e) => e.ip], ["user_agent", (e) => e.user_agent],
  ["request_id", (e) => e.request_id], ["outcome", (e) => e.outcome], ["code", (e) => e.code], ["count", (e) => e.count], ["changes", (e) => JSON.stringify(e.changes)], ["prev_hash", (e) => e.prev_hash], ["hash", (e) => e.hash],
];

/** A cell that no spreadsheet takes for a formula. */
function cell(v: unknown): string {
  const s = String(v ?? "");
  return `"${(/^[=+\-@\t\r]/.test(s) ? "'" + s : s).replaceAll('"', '""')}"`;
}

export async function download(query: Record<string, string>, format: "jsonl" | "csv") {
  const parts: string[] = format === "csv" ? [columns.map(([name]) => name).join(",") + "\n"] : [];
  for (let cursor = ""; ; ) {
    const page = await got(api.GET("/api/v1/audit", { params: { query: { ...query, order: "oldest", limit: "500", ...(cursor ? { cursor } : {}) } } }));
    for (const e of page.data as Event[]) parts.push(format === "csv" ? columns.map(([, of]) => cell(of(e))).join(",") + "\n" : JSON.stringify(e) + "\n");
    if (!(cursor = page.next)) break;
  }
  saveFile(`audit.${format}`, new Blob(parts, { type: format === "csv" ? "text/csv" : "application/jsonl" }));
}
