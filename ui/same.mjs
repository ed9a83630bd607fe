// Compares two builds, decompressed: node same.mjs COMMITTED FRESH. It says what differs,
// and what a first visit loads.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const [committed, fresh] = process.argv.slice(2);

function contents(dir) {
  const all = new Map();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = `${entry.parentPath}/${entry.name}`;
    const raw = readFileSync(path);
    const plain = path.endsWith(".br") ? brotliDecompressSync(raw) : path.endsWith(".gz") ? gunzipSync(raw) : raw;
    all.set(path.slice(dir.length), plain);
  }
  return all;
}

const was = contents(committed);
const is = contents(fresh);
const differing = [...new Set([...was.keys(), ...is.keys()])].filter((f) => !was.has(f) || !is.has(f) || !was.get(f).equals(is.get(f)));
for (const f of differing) console.log(`${f}: ${was.has(f) ? (is.has(f) ? "differs" : "is no longer built") : "is missing"}`);

const html = readFileSync(`${fresh}/index.html`, "utf8");
const first = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((m) => statSync(`${fresh}${m[1]}.br`).size);
const size = first.reduce((sum, n) => sum + n, 0);
console.log(`first load: ${Math.ceil(size / 1000)} kB compressed, of at most 300`);
if (differing.length > 0) console.log("the committed build is not what ui/ builds: run make ui, and commit internal/web/dist");
process.exit(differing.length > 0 || size > 300_000 ? 1 : 0);
