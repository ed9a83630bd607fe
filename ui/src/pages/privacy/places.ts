// Where data of a user are, and what an erasure does there.
import { count } from "../../lib/format";

/** The steps of an erasure, in their order. */
export const steps: [step: string, label: string, says: string][] = [
  ["spool", "Spool", "What waits on every node's disk goes to the store, and its file is removed."],
  ["cache", "Cache", "Answers that were kept of the workspaces in which the user called are purged."],
  ["entries", "Calls", "Bodies are deleted, and everything by which the user can be told."],
  ["ledger", "Ledger", "Rows lose the user; sums stay."],
  ["search", "Search", "The words go from the index."],
  ["files", "Files", "Files are written anew, so that no free page keeps anything."],
  ["nodes", "Nodes", "Every node does the same with what it has itself."],
];

/** The steps of the destruction of a workspace's keys. */
export const shredding: typeof steps = [
  ["keys", "Keys", "The keys of the workspace's bodies are destroyed in the store."],
  ["cache", "Cache", "Answers that were kept of the workspace are purged."],
  ["files", "Files", "Files are written anew, so that no free page keeps a key."],
  ["nodes", "Nodes", "Every node has forgotten the keys, and its cache's files are written anew."],
];

type Counted = { label: (n: number) => string; becomes: string };

const s = (n: number, one: string, many: string) => `${count(n)} ${n === 1 ? one : many}`;

/** What is counted, by its name in the API. */
const counted: Record<string, Counted> = {
  entries: { label: (n) => s(n, "call", "calls"), becomes: "user, session, metadata, address, client, trace, tags and comment go; time, model, tokens, cost, key and team stay" },
  bodies: { label: (n) => s(n, "body", "bodies"), becomes: "what was asked and answered in these calls is deleted" },
  feedback: { label: (n) => s(n, "rating", "ratings"), becomes: "comment and author go; the vote stays" },
  ledger: { label: (n) => s(n, "row of the ledger", "rows of the ledger"), becomes: "the user goes; sums of budgets stay" },
  networks: { label: (n) => s(n, "network", "networks"), becomes: "forgotten where keys were used from there by this user alone, and of keys of his own" },
  streams: { label: (n) => s(n, "stream", "streams"), becomes: "nobody can take them up again" },
  cache_purges: { label: (n) => s(n, "workspace", "workspaces"), becomes: "answers that the cache kept were purged" },
  nodes_away: { label: (n) => s(n, "node was away", "nodes were away"), becomes: "what they have is erased as it comes to the store" },
};

/** What is counted where keys are destroyed. */
const countedUnderKeys: Record<string, Counted> = {
  keys: { label: (n) => s(n, "key", "keys"), becomes: "destroyed on all nodes and in the store" },
  entries: { label: (n) => s(n, "call", "calls"), becomes: "all figures stay; their bodies say erased" },
  bodies: { label: (n) => s(n, "body", "bodies"), becomes: "can be read by nobody any more" },
  cache_purges: counted.cache_purges!,
  nodes_away: counted.nodes_away!,
};

const order = ["keys", ...Object.keys(counted)];

export type Row = { place: string; n: number; label: string; becomes: string };

/** What counts say, in the order in which it is erased; a place that is new here is told by its name. */
export function rowsOf(counts: Record<string, number>, ofKeys = false): Row[] {
  const at = (place: string) => (order.includes(place) ? order.indexOf(place) : order.length);
  return Object.entries(counts).sort(([a], [b]) => at(a) - at(b) || a.localeCompare(b)).map(([place, n]) => {
    const known = (ofKeys ? countedUnderKeys : counted)[place];
    return { place, n, label: known ? known.label(n) : s(n, "", "").trim() + ` ${place.replaceAll("_", " ")}`, becomes: known?.becomes ?? "" };
  });
}
