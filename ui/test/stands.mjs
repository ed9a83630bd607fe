// Stand-ins for the SDKs, which tell what code that people copy would send.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { promisify } from "node:util";
import typescript from "typescript";

const recorder = (name, made) => `
import json
def tell(**what):
    print(json.dumps(what))
class Answer(list):
    def __str__(self): return ""
    def write_to_file(self, name): tell(file=name)
    def __getattr__(self, name): return self
    def __getitem__(self, i): return self
    def __enter__(self): return self
    def __exit__(self, *_): pass
class Method:
    def __init__(self, client, path): self.client, self.path = client, path
    def __getattr__(self, name): return Method(self.client, self.path + [name])
    def __call__(self, **given):
        body = dict(given)
        headers = body.pop("extra_headers", {})
        body.update(body.pop("extra_body", {}))
        tell(sdk="${name}", method=".".join(self.path), body=body, headers=headers, **self.client)
        return Answer()
${made}
`;

const stands = {
  "openai.py": recorder("openai", 'def OpenAI(base_url, api_key): return Method({"base": base_url, "key": api_key}, [])'),
  "anthropic.py": recorder("anthropic", 'def Anthropic(base_url, api_key): return Method({"base": base_url, "key": api_key}, [])'),
  "google/__init__.py": "",
  "google/genai.py": recorder("google", 'def Client(api_key, http_options): return Method({"base": http_options["base_url"], "key": api_key}, [])'),
  "requests.py": `
import json as j
class Answer:
    text = "ok"
    def raise_for_status(self): pass
    def iter_lines(self, decode_unicode): return []
def post(url, headers, json, stream=False):
    print(j.dumps({"url": url, "headers": headers, "body": json}))
    return Answer()
`,
};

/** Why no Python can be run; undefined where it can. */
export const noPython = spawnSync("python3", ["--version"]).error ? "there is no python3" : undefined;

const dir = mkdtempSync(join(tmpdir(), "sluice-python-"));
mkdirSync(join(dir, "google"));
for (const [name, text] of Object.entries(stands)) writeFileSync(join(dir, name), text);
after(() => rmSync(dir, { recursive: true }));

/** runPython runs a program and gives what it said to the SDKs. */
export async function runPython(text) {
  const file = join(dir, "call.py");
  writeFileSync(file, text);
  const { stdout } = await promisify(execFile)("python3", [file], { cwd: dir, env: { ...process.env, SLUICE_KEY: "sk-test", PYTHONPATH: dir, PYTHONDONTWRITEBYTECODE: "1" } });
  return Object.assign({}, ...stdout.split("\n").filter((l) => l.startsWith("{")).map((l) => JSON.parse(l)));
}

/** runTypeScript runs a program that has been read as TypeScript without a complaint, and gives what it said to the SDKs or by fetch. */
export async function runTypeScript(source) {
  const out = typescript.transpileModule(source, { reportDiagnostics: true, compilerOptions: { target: "ES2022", module: "ESNext" } });
  assert.deepEqual(out.diagnostics.map((d) => d.messageText), []);
  const told = {};
  const answer = new Proxy(() => {}, {
    get: (_, k) => (k === "then" ? undefined : k === "arrayBuffer" ? () => new ArrayBuffer(1) : k === Symbol.asyncIterator ? async function* () {} : answer),
    apply: () => answer,
  });
  const sdk = (name) =>
    class {
      constructor(options) {
        const at = (path) => new Proxy(() => {}, { get: (_, k) => at([...path, k]), apply: (_, __, [body, more]) => (Object.assign(told, { sdk: name, method: path.join("."), body, headers: more?.headers ?? {}, base: options.baseURL ?? options.httpOptions?.baseUrl, key: options.apiKey }), answer) });
        return at([]);
      }
    };
  const fetched = (url, { method, headers, body }) => (Object.assign(told, { url, method, headers, body: JSON.parse(body) }), Promise.resolve({ ok: true, text: () => "ok", body: [] }));
  const run = Object.getPrototypeOf(async () => {}).constructor;
  await new run("OpenAI", "Anthropic", "GoogleGenAI", "fetch", "process", "console", "writeFile", out.outputText.replace(/^import .*$/gm, ""))(
    sdk("openai"), sdk("anthropic"), sdk("google"), fetched, { env: { SLUICE_KEY: "sk-test" }, stdout: { write() {} } }, { log() {} }, (file) => (told.file = file));
  return told;
}
