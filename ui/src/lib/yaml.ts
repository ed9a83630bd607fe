// The configuration as people write it.
const plain = /^[A-Za-z_./][A-Za-z0-9_./@ +=<>()%-]*$/;
const reserved = /^(true|false|null|yes|no|on|off|~)$/i;

function scalar(v: unknown): string {
  if (typeof v !== "string") return String(v);
  if (v.includes(": ") || v.includes(" #") || v.endsWith(":") || reserved.test(v)) return JSON.stringify(v);
  if (plain.test(v) || /^\d+(\.\d+)?(ms|s|m|h|d|KiB|MiB|GiB)([\d.]+(ms|s|m))*$/.test(v) || /^[a-z]+:[^\s]+$/.test(v)) return v.trim() === v ? v : JSON.stringify(v);
  return JSON.stringify(v);
}

const isBranch = (v: unknown): v is object => typeof v === "object" && v !== null && Object.keys(v).length > 0;
const leaf = (v: unknown) => (Array.isArray(v) ? "[]" : typeof v === "object" && v !== null ? "{}" : scalar(v));

export function toYAML(v: unknown, indent = ""): string {
  if (!isBranch(v)) return `${indent}${leaf(v)}\n`;
  if (Array.isArray(v)) {
    if (v.every((x) => !isBranch(x))) return `${indent}[${v.map(leaf).join(", ")}]\n`;
    return v.map((x) => `${indent}- ${toYAML(x, `${indent}  `).trimStart()}`).join("");
  }
  return Object.entries(v)
    .map(([k, x]) => {
      const key = /^[\w.*/-]+$/.test(k) ? k : JSON.stringify(k);
      if (!isBranch(x) || (Array.isArray(x) && x.every((y) => !isBranch(y)))) return `${indent}${key}: ${toYAML(x).trimEnd()}\n`;
      return `${indent}${key}:\n${toYAML(x, `${indent}  `)}`;
    })
    .join("");
}
