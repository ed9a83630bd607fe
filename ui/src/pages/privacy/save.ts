// One user's data and receipts as files.
import { api, got } from "../../api/client";
import { saveFile } from "../../lib/save";

/** Everything that is kept of a user, a call with its bodies a line. workspace "" = all. */
export async function saveUser(user: string, workspace: string) {
  const answer = api.GET("/api/v1/privacy/users/{user}", { params: { path: { user }, query: workspace ? { workspace } : {} }, parseAs: "blob" });
  saveFile("user.jsonl", await got(answer as Promise<{ data?: Blob; error?: unknown; response: Response }>));
}

export const saveJSON = (name: string, of: unknown) => saveFile(name, new Blob([`${JSON.stringify(of, null, 2)}\n`], { type: "application/json" }));
