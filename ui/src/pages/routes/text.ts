// A route as it stands in the document: its text alone, and put back with its comments.
import { Document, isMap, isSeq, type Node, parseDocument, stringify } from "yaml";
import { edited, put } from "../../lib/document";

export type Step = { name?: string; when?: string; use?: string; split?: Record<string, number>; balance?: string; targets?: string[] | Record<string, number>; canary?: unknown; fallback?: string | string[] } & Record<string, unknown>;
export type Value = { steps: Step[]; fallback?: string | string[]; sticky?: string; timeout?: string } & Record<string, unknown>;

/** The text of a route, "" when the document has none of the name. */
export function routeText(document: string, name: string): string {
  const node = parseDocument(document).getIn(["routes", name], true) as Node | undefined;
  if (!node) return "";
  const own = new Document();
  own.contents = node as never;
  return own.toString({ lineWidth: 0 });
}

/** The document with the route's text in place of what it says now. */
export function withRoute(document: string, name: string, text: string): string {
  const own = parseDocument(text);
  if (own.errors.length > 0) throw new Error(own.errors[0]!.message);
  return edited(document, (d) => {
    if (!isMap(d.getIn(["routes"], true))) put(d, ["routes"], {});
    const routes = d.getIn(["routes"], true);
    if (isMap(routes)) routes.flow = false;
    d.setIn(["routes", name], own.contents);
  });
}

export const withoutRoute = (document: string, name: string) => edited(document, (d) => d.deleteIn(["routes", name]));

export const listOf = (v: unknown): string[] => (v == null || v === "" ? [] : Array.isArray(v) ? v.map(String) : [String(v)]);

/** A list as people write it: one in place, several in brackets, none not at all. */
export const listed = (v: string[]): string | string[] | undefined => (v.length === 0 ? undefined : v.length === 1 ? v[0] : v);

/** What the text says, in the long form; an Error where it is no route. */
export function valueOf(text: string): Value | Error {
  const d = parseDocument(text);
  if (d.errors.length > 0) return new Error(d.errors[0]!.message);
  const v = d.toJS() as unknown;
  if (typeof v === "string") return { steps: [{ use: v }] };
  if (Array.isArray(v)) return { steps: [{ use: String(v[0] ?? ""), ...(v.length > 1 ? { fallback: listed(v.slice(1).map(String)) } : {}) }] };
  if (typeof v !== "object" || v === null) return new Error("A route is a target, a list of them, or steps.");
  const { steps, ...rest } = v as Record<string, unknown>;
  const list = Array.isArray(steps) ? steps : steps ? [steps] : [];
  if (list.some((s) => typeof s !== "object" || s === null)) return new Error("Each step is a mapping, such as { use: openai/gpt-5 }.");
  return { ...rest, steps: list as Step[] };
}

/** Changes the text where it stands; the short forms become the long one first. */
export function change(text: string, path: (string | number)[], value: unknown): string {
  const d = parseDocument(text);
  const long = isMap(d.contents) && isSeq(d.getIn(["steps"], true));
  const from = long ? text : stringify(valueOf(text));
  return edited(from, (own) => {
    if (value === undefined) own.deleteIn(path);
    else put(own, path, value);
  });
}
