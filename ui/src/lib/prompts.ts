// What was asked in the playground, kept in this browser.
import type { Message, Params } from "./ask";

export type Kept = { id: string; time: number; system: string; tools: string; params: Params; panes: { model: string; messages: Message[] }[] };

const place = "sluice.playground";
const most = 40;
const room = 2_000_000; // characters; browsers give five million to all that a site keeps

export function kept(): Kept[] {
  try {
    const all = JSON.parse(localStorage.getItem(place) ?? "[]") as Kept[];
    return Array.isArray(all) ? all.filter((k) => k.id && Array.isArray(k.panes)) : [];
  } catch {
    return [];
  }
}

/** Keeps a conversation in the place of what it was before; the oldest make room. */
export function keep(k: Kept) {
  let all = [lean(k), ...kept().filter((o) => o.id !== k.id)].slice(0, most);
  while (all.length > 1 && JSON.stringify(all).length > room) all = all.slice(0, -1);
  write(all);
}

export const forget = (id: string) => write(id ? kept().filter((k) => k.id !== id) : []);

function write(all: Kept[]) {
  try {
    localStorage.setItem(place, JSON.stringify(all));
  } catch {
    // a browser that keeps nothing has no history
  }
}

/** Large pictures are not kept. */
function lean(k: Kept): Kept {
  const thin = (m: Message): Message => (m.role !== "user" || typeof m.content === "string" ? m : { ...m, content: m.content.map((p) => (p.type === "image_url" && p.image_url.url.length > 200_000 ? { type: "text" as const, text: "(a picture that was not kept)" } : p)) });
  return { ...k, panes: k.panes.map((p) => ({ ...p, messages: p.messages.map(thin) })) };
}

/** What a conversation is about: how it began. */
export function title(k: Kept): string {
  const first = k.panes[0]?.messages.find((m) => m.role === "user");
  const text = !first ? "" : typeof first.content === "string" ? first.content : Array.isArray(first.content) ? first.content.map((p) => (p.type === "text" ? p.text : "")).join(" ") : "";
  return text.trim().slice(0, 80) || "A picture";
}
