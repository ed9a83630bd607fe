// Leaves of each built asset only its compressed forms, which are what is served.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = process.env.SLUICE_UI_OUT ?? "../internal/web/dist";
for (const name of readdirSync(`${dist}/assets`)) {
  const path = `${dist}/assets/${name}`;
  const raw = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(raw, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } }));
  rmSync(path);
}
