// Where one stands in a YAML document that is being written, and what may stand there.
// Works on lines and brackets, so that a half-written document has an answer too.

/** What GET /api/v1/config/schema gives, as far as it is used. */
export type SchemaNode = {
  description?: string;
  type?: string | string[];
  enum?: string[];
  default?: unknown;
  examples?: string[];
  properties?: Record<string, SchemaNode>;
  "x-order"?: string[];
  "x-type"?: string;
  additionalProperties?: SchemaNode | false;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  required?: string[];
};

export type Place = {
  /** Keys down to the mapping or value that is being written; items of lists have no step. */
  path: string[];
  /** The word before the cursor. */
  word: string;
  /** The key whose value is being written; undefined = a key is. */
  valueOf?: string;
};

type Frame = { indent: number; key: string };

/** The place at the end of a text: what stands behind the cursor is not looked at. */
export function placeAt(text: string): Place {
  const blocks: Frame[] = [];
  const flow: string[] = []; // keys that opened a bracket, "" for one without a key
  const lines = text.split("\n");
  let valueOf: string | undefined;
  let word = "";
  for (let i = 0; i < lines.length; i++) {
    const raw = lines[i]!;
    if (i < lines.length - 1 && (!raw.trim() || raw.trimStart().startsWith("#"))) continue;
    let rest = raw;
    if (flow.length === 0) {
      let indent = raw.length - raw.trimStart().length;
      rest = raw.slice(indent);
      while (blocks.length && blocks[blocks.length - 1]!.indent >= indent && !(rest.startsWith("-") && blocks[blocks.length - 1]!.indent === indent)) blocks.pop();
      for (let item = /^-(\s+|$)/.exec(rest); item; item = /^-(\s+|$)/.exec(rest)) {
        indent += item[0].length || 1;
        rest = rest.slice(item[0].length);
      }
      const key = /^("[^"]*"|'[^']*'|[^\s#{}[\],:][^#{}[\],:]*)\s*:(\s|$)/.exec(rest);
      valueOf = undefined;
      if (key) {
        const name = bare(key[1]!);
        rest = rest.slice(key[0].length);
        blocks.push({ indent, key: name });
        valueOf = name;
      }
    }
    [valueOf, word] = brackets(rest, flow, valueOf);
  }
  const path = [...blocks.map((b) => b.key), ...flow.filter(Boolean)];
  if (valueOf !== undefined && flow.length === 0) path.pop();
  return { path, word, valueOf };
}

/** Walks through what stands in brackets, and gives the key whose value comes and the last word. */
function brackets(rest: string, flow: string[], valueOf: string | undefined): [string | undefined, string] {
  let word = "";
  for (let i = 0; i < rest.length; i++) {
    const c = rest[i]!;
    if (c === "#" && (i === 0 || /\s/.test(rest[i - 1]!))) break;
    if (c === '"' || c === "'") {
      const end = rest.indexOf(c, i + 1);
      word = rest.slice(i + 1, end < 0 ? undefined : end);
      i = end < 0 ? rest.length : end;
    } else if (c === "{" || c === "[") {
      // In a block, the key is on the stack of blocks already.
      flow.push(flow.length === 0 ? "" : (valueOf ?? ""));
      valueOf = undefined;
      word = "";
    } else if (c === "}" || c === "]") {
      flow.pop();
      valueOf = undefined;
      word = "";
    } else if (c === "," && flow.length) {
      valueOf = undefined;
      word = "";
    } else if (c === ":" && flow.length && /\s|$/.test(rest[i + 1] ?? "")) {
      valueOf = word.trim();
      word = "";
    } else word += c;
  }
  return [valueOf, word.trimStart()];
}

const bare = (key: string) => key.trim().replace(/^(["'])(.*)\1$/, "$2");

/** The schema of what stands at a path; undefined = nothing is known of it. */
export function schemaAt(root: SchemaNode, path: string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const key of path) {
    node = mapping(node);
    node = node?.properties?.[key] ?? (node?.additionalProperties || undefined);
    if (!node) return undefined;
  }
  return node;
}

/** The mapping that a schema allows: itself, the longest of its forms, or a list's items. */
export function mapping(node: SchemaNode | undefined): SchemaNode | undefined {
  if (!node) return undefined;
  if (node.properties || node.additionalProperties) return node;
  if (node.items) return mapping(node.items);
  return node.anyOf ? mapping(node.anyOf[0]) : undefined;
}

/** The words that a value may be. */
export function values(node: SchemaNode | undefined): string[] {
  if (!node) return [];
  if (node.enum) return node.enum;
  if (node.type === "boolean") return ["true", "false"];
  return values(node.items ?? node.anyOf?.[0]);
}
