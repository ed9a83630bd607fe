// Markdown that others wrote: read, never run. No raw HTML, no picture from elsewhere
// (fetching one would tell its host who reads), links open apart and say nothing of us.
import { Anchor, Box, Code } from "@mantine/core";
import { isValidElement, type ReactNode } from "react";
import Read, { type Components, defaultUrlTransform } from "react-markdown";
import gfm from "remark-gfm";
import { Copy } from "./parts";

const longest = 60_000; // characters; what is longer is shown as it is

/** Whether an address carries its picture itself. */
export const inline = (url: string) => /^data:image\/(png|jpeg|gif|webp);base64,/i.test(url);

/** A link to elsewhere; an address of another kind is text. */
export function Away({ to, children }: { to: string; children: ReactNode }) {
  return /^https?:\/\//i.test(to) ? <Anchor href={to} target="_blank" rel="noreferrer noopener" inherit>{children}</Anchor> : <>{children}</>;
}

/** Code as it is, with what it is called and a button that copies it. */
export function Block({ text, name = "" }: { text: string; name?: string }) {
  return (
    <Box className="block">
      <div className="block-head"><span>{name}</span><Copy text={text} label={name ? `Copy the ${name}` : "Copy the code"} /></div>
      <Code block className="pre" tabIndex={0}>{text}</Code>
    </Box>
  );
}

function textOf(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(textOf).join("");
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : "";
}

const shown: Components = {
  a: ({ href, children }) => <Away to={href ?? ""}>{children}</Away>,
  img: ({ src, alt }) => (typeof src === "string" && inline(src) ? <img src={src} alt={alt || "A picture in the conversation"} /> : <Away to={String(src ?? "")}>{alt || String(src ?? "picture")}</Away>),
  code: ({ children }) => <Code>{children}</Code>,
  pre: ({ children }) => {
    const language = isValidElement<{ className?: string }>(children) ? /language-([\w+#.-]+)/.exec(children.props.className ?? "")?.[1] : "";
    return <Block text={textOf(children).replace(/\n$/, "")} name={language ?? ""} />;
  },
  table: ({ children }) => <div className="scroll" role="region" aria-label="Table" tabIndex={0}><table className="rows">{children}</table></div>,
};
for (const [level, of] of Object.entries({ h1: "size1", h2: "size2", h3: "size3", h4: "size3", h5: "size3", h6: "size3" })) shown[level as "h1"] = ({ children }) => <p className={`md-head ${of}`}>{children}</p>; // the page's own outline stays whole

export default function Markdown({ text }: { text: string }) {
  if (text.length > longest) return <div className="said">{text}</div>;
  return <div className="md"><Read remarkPlugins={[gfm]} components={shown} urlTransform={(url, key) => (key === "src" && inline(url) ? url : defaultUrlTransform(url))}>{text}</Read></div>;
}
