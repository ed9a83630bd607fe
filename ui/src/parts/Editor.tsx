// An editor of YAML that knows the document's schema: it completes keys and values, marks
// problems at their lines, and tells where the cursor is.
import { autocompletion, closeBrackets, closeBracketsKeymap, type CompletionContext, type CompletionResult, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { getNonce } from "get-nonce";
import { useEffect, useRef } from "react";
import type { Problem } from "../lib/document";
import { mapping, placeAt, type SchemaNode, schemaAt, values } from "../lib/outline";

type Props = {
  /** The text; one that did not come from here replaces what is there. */
  text: string;
  onChange: (text: string) => void;
  problems: Problem[];
  schema?: SchemaNode;
  /** The path at the cursor, the key on its line included. */
  onPlace: (path: string[]) => void;
  /** A line to go to; a new object goes there again. */
  goto: { line: number } | null;
  onSave: () => void;
  label: string;
};

export function Editor(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const now = useRef(props);
  now.current = props;
  useEffect(() => {
    view.current = new EditorView({ parent: box.current!, state: EditorState.create({ doc: now.current.text, extensions: extensions(now) }) });
    return () => view.current?.destroy();
  }, []);
  useEffect(() => {
    const v = view.current;
    if (v && v.state.doc.toString() !== props.text) v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: props.text } });
  }, [props.text]);
  useEffect(() => {
    const v = view.current;
    if (v) v.dispatch(setDiagnostics(v.state, props.problems.filter((p) => p.line).map((p) => mark(v.state, p))));
  }, [props.problems]);
  useEffect(() => {
    const v = view.current;
    if (!v || !props.goto) return;
    const line = v.state.doc.line(Math.min(Math.max(1, props.goto.line), v.state.doc.lines));
    v.dispatch({ selection: { anchor: line.from + (line.text.length - line.text.trimStart().length) }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
    v.focus();
  }, [props.goto]);
  return <div ref={box} className="editor" />;
}

function extensions(now: { current: Props }) {
  return [
    EditorView.cspNonce.of(getNonce() ?? ""),
    lineNumbers(), EditorView.lineWrapping, highlightActiveLineGutter(), highlightActiveLine(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), highlightSelectionMatches(), lintGutter(),
    yaml(), indentUnit.of("  "), syntaxHighlighting(classHighlighter), EditorState.tabSize.of(2),
    autocompletion({ override: [(c) => complete(c, now.current.schema)], icons: false }),
    keymap.of([{ key: "Mod-s", preventDefault: true, run: () => (now.current.onSave(), true) }, ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
    EditorView.contentAttributes.of({ tabindex: "0", "aria-label": now.current.label, spellcheck: "false" }),
    EditorView.updateListener.of((u) => {
      if (u.docChanged) now.current.onChange(u.state.doc.toString());
      if (u.docChanged || u.selectionSet) now.current.onPlace(pathOf(u.state));
    }),
  ];
}

/** The path of the key that the cursor is at. */
function pathOf(state: EditorState): string[] {
  const head = state.selection.main.head;
  const line = state.doc.lineAt(head);
  const key = /^[\s-]*[^\s#{}[\],:]+:/.exec(line.text);
  // On a block's key, its whole text counts, wherever in it the cursor is.
  const place = placeAt(state.sliceDoc(0, key && head < line.from + key[0].length ? line.from + key[0].length : head));
  return place.valueOf ? [...place.path, place.valueOf] : place.path;
}

function mark(state: EditorState, p: Problem): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(1, p.line ?? 1), state.doc.lines));
  const from = p.line ? Math.min(line.from + Math.max(0, (p.column ?? 1) - 1), line.to) : line.from;
  const word = /^[^\s,{}[\]:]+/.exec(line.text.slice(from - line.from))?.[0].length ?? 0;
  return { from, to: Math.min(from + Math.max(1, word), line.to), severity: p.warning ? "warning" : "error", message: p.path ? `${p.path}: ${p.message}` : p.message };
}

function complete(c: CompletionContext, schema: SchemaNode | undefined): CompletionResult | null {
  if (!schema) return null;
  const place = placeAt(c.state.sliceDoc(0, c.pos));
  if (!c.explicit && !place.word) return null;
  const from = c.pos - place.word.length;
  if (place.valueOf !== undefined) {
    const options = values(schemaAt(schema, [...place.path, place.valueOf])).map((label) => ({ label, type: "constant" }));
    return options.length ? { from, options, validFor: /^[\w-]*$/ } : null;
  }
  const node = mapping(schemaAt(schema, place.path));
  const names = node?.["x-order"] ?? Object.keys(node?.properties ?? {});
  if (!names.length) return null;
  return { from, validFor: /^[\w-]*$/, options: names.map((name, i) => {
    const s = node!.properties![name]!;
    return { label: name, detail: s["x-type"], apply: `${name}: `, boost: -i / 100, info: [s.description, s.default !== undefined && `Default: ${s.default}`].filter(Boolean).join("\n") };
  }) };
}
