// The configuration document: read, changed where it stands so that comments stay, compared
// with what is in force, and put in force. Pages that change it go through parts/Change.tsx.
import { useQuery } from "@tanstack/react-query";
import { type Document, isCollection, isMap, isNode, isScalar, type Node, parseDocument, visit } from "yaml";
import { APIError, authorize } from "../api/client";
import { diffLines } from "./diff";

/** What GET /api/v1/config tells of the document. */
export type State = {
  config: unknown;
  document: string;
  revision: number | null;
  source: "file" | "store";
  file?: string;
  editable: boolean;
};

export type Problem = { file: string; line?: number; column?: number; path?: string; message: string; warning: boolean };
export type Difference = { path: string; kind: "added" | "removed" | "changed"; before: unknown; after: unknown };
export type Compared = { revision: number | null; ok: boolean; problems: Problem[]; changes: Difference[]; text: string; restart: string[] };
export type Applied = { revision: number; in_force: boolean; problems: Problem[]; restart: string[] };

async function ask<T>(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<T> {
  const h = new Headers(headers);
  if (body !== undefined) h.set("content-type", "application/yaml");
  authorize(h, method);
  const answer = await fetch(path, { method, headers: h, body }).catch(() => {
    throw new APIError("The gateway does not answer. Is it running, and can this browser reach its admin listener?", 0, "unreachable", "");
  });
  const said = await answer.json().catch(() => null);
  if (answer.ok) return said as T;
  throw new APIError(said?.error?.message ?? `The gateway answered ${answer.status}.`, answer.status, said?.error?.code ?? "", said?.error?.details?.suggestion ?? "");
}

export const readDocument = () => ask<State>("GET", "/api/v1/config");

/** The document in force; it shares the query of all that shows the configuration. */
export function useDocument(refetchInterval: number | false = false) {
  return useQuery({ queryKey: ["config"], queryFn: readDocument, refetchInterval });
}

/** What a document would change, and what is wrong with it. Nothing changes. */
export const compareDocument = (text: string) => ask<Compared>("POST", "/api/v1/config/diff", text);

/**
 * Puts a document in force that was made from a revision. Throws an APIError: 409 conflict when
 * another change came in between, 409 config_from_file when a file is the source.
 */
export const applyDocument = (text: string, revision: number | null, note: string) =>
  ask<Applied>("PUT", `/api/v1/config${note.trim() ? `?${new URLSearchParams({ note })}` : ""}`, text, { "if-match": `"${revision ?? 0}"` });

/**
 * Changes a document where it stands: what change leaves alone keeps its comments, order and
 * form, to the letter. Throws when it is no YAML.
 */
export function edited(text: string, change: (d: Document) => void): string {
  const d = parseDocument(text, { keepSourceTokens: true });
  if (d.errors.length > 0) throw new Error(`The document cannot be changed here: ${d.errors[0]!.message}`);
  const untouched = written(d, text);
  change(d);
  const out = written(d, text);
  const kept = asBefore(text, untouched, out);
  return JSON.stringify(parseDocument(kept).toJS()) === JSON.stringify(d.toJS()) ? kept : out;
}

/** A document as YAML, in about the form that a text has. */
function written(d: Document, like: string): string {
  const out = d.toString({ lineWidth: 0, flowCollectionPadding: !/[{[]\w/.test(like) || /[{[] /.test(like), indentSeq: !/^( *)[\w"'.*-]+:[^\S\n]*\n\1- /m.test(like) });
  const blank = /^(?:[ \t]*\r?\n)*/.exec(like)![0]; // lines before anything is said, which YAML does not keep
  return out.trim() === "null" ? "{}\n" : blank + out.replace(/^(?:[ \t]*\n)*/, "");
}

/** Lines that writing the document alone would change are put back as they stood. */
function asBefore(text: string, untouched: string, out: string): string {
  const lines = text.split("\n");
  if (lines.length !== untouched.split("\n").length) return out;
  const back: { now: string; was: string }[] = []; // as it is written now, and as it stands in the text
  let at = 0;
  for (const l of diffLines(untouched, out)) {
    if (l.kind === "more") back.push({ now: l.text, was: indented(l.text, back) });
    else if (l.kind === "same") back.push({ now: l.text, was: lines[at]! });
    if (l.kind !== "more") at++;
  }
  return back.map((l) => l.was).join("\n");
}

const indent = (line: string) => /^ *(?:- +)?/.exec(line)![0].length;

/** A new line as deep as the last one beside it. */
function indented(line: string, before: { now: string; was: string }[]): string {
  const deep = indent(line);
  const beside = before.findLast((l) => l.now.trim() !== "" && indent(l.now) <= deep);
  if (!beside || line.trim() === "") return line;
  const more = indent(beside.was) - indent(beside.now);
  return more < 0 ? line.slice(Math.min(-more, /^ */.exec(line)![0].length)) : " ".repeat(more) + line;
}

/** Puts a value at a path; parents that are not there, or empty, are made. */
export function put(d: Document, path: (string | number)[], value: unknown) {
  if (isScalar(d.contents) && d.contents.value === null) d.contents = null;
  for (let i = 1; i < path.length; i++) {
    const at = d.getIn(path.slice(0, i), true);
    if (at === null || (isScalar(at) && at.value === null)) d.deleteIn(path.slice(0, i));
  }
  d.setIn(path, nodeOf(d, value));
}

/** A value as people write it: what holds no further lists or mappings stands in one line. */
function nodeOf(d: Document, value: unknown): Node {
  const node = d.createNode(value) as Node;
  visit(node, {
    Collection(_, c) {
      if (c.items.every((i) => !isCollection(isPairLike(i) ? i.value : i))) c.flow = true;
    },
  });
  return node;
}

const isPairLike = (i: unknown): i is { value: unknown } => typeof i === "object" && i !== null && "key" in i;

/** The names below a path, such as those of the providers. */
export function namesAt(text: string, path: string[]): string[] {
  const at = parseDocument(text).getIn(path) as { toJSON?: () => unknown } | undefined;
  const v = at?.toJSON?.();
  return v && typeof v === "object" ? Object.keys(v) : [];
}

/** Where a path stands in a document: its line, or that of the nearest key above it that is there. */
export function placeOf(text: string, path: string[]): { line: number; found: string; whole: boolean } {
  const d = parseDocument(text);
  for (let n = path.length; n > 0; n--) {
    const parent = n > 1 ? d.getIn(path.slice(0, n - 1), true) : d.contents;
    const pair = isMap(parent) ? parent.items.find((i) => String(isScalar(i.key) ? i.key.value : i.key) === path[n - 1]) : undefined;
    const start = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
    if (start !== undefined) return { line: text.slice(0, start).split("\n").length, found: path.slice(0, n).join("."), whole: n === path.length };
  }
  return { line: 1, found: "", whole: false };
}
