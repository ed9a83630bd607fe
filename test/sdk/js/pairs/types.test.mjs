// What the gateway sent to vendors of another dialect than the caller's, checked by the
// types that the vendors publish: each request is a literal of its type, so that an
// unknown member, a missing one or a wrong value is a compiler's error.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import ts from 'typescript';
import { seen } from './scenarios.mjs';

const here = fileURLToPath(new URL('requests.ts', import.meta.url)); // it is never written

// OpenAI takes an encrypted reasoning item without its id, which its types demand; Google's
// types leave out what stands in https://ai.google.dev/api/generate-content only: store.
// Wire is a type as it travels: bytes in base64, enums by their words.
// Snake is one whose names are written the way Cohere's API does.
const prelude = `
import type OpenAI from 'openai';
import type Anthropic from '@anthropic-ai/sdk';
import type { ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime';
import type { Cohere } from 'cohere-ai';
import type * as Google from '@google/genai';
type Wire<T> = T extends Uint8Array ? string : T extends string ? \`\${T}\` : T extends (infer U)[] ? Wire<U>[] : T extends object ? { [K in keyof T]: Wire<T[K]> } : T;
type Cased<S extends string> = S extends \`\${infer H}\${infer T}\` ? \`\${H extends Lowercase<H> ? H : \`_\${Lowercase<H>}\`}\${Cased<T>}\` : S;
type Snake<T> = T extends (infer U)[] ? Snake<U>[] : T extends object ? { [K in keyof T as K extends string ? Cased<K> : K]: Snake<T[K]> } : T;
type chat = OpenAI.ChatCompletionCreateParams;
type Item = OpenAI.Responses.ResponseInputItem;
type responses = Omit<OpenAI.Responses.ResponseCreateParams, 'input'> & { input?: string | (Item | Omit<OpenAI.Responses.ResponseReasoningItem, 'id'>)[] };
type messages = Anthropic.MessageCreateParams;
type converse = Wire<Omit<ConverseCommandInput, 'modelId'>>;
type cohere = Snake<Cohere.V2ChatRequest> & { stream?: boolean };
type gemini = Wire<{
  contents: Google.Content[]; systemInstruction?: Google.Content; tools?: Google.Tool[]; toolConfig?: Google.ToolConfig;
  safetySettings?: Google.SafetySetting[]; generationConfig?: Google.GenerationConfig; cachedContent?: string; store?: boolean;
}>;
`;

const spoken = [[/chat|compatible/, 'chat'], [/responses/, 'responses'], [/anthropic/, 'messages'], [/google/, 'gemini'], [/bedrock|aws/, 'converse'], [/cohere/, 'cohere']];

// shapes names every object in a request by where it is, its members, type and role.
function shapes(value, at = '') {
  if (Array.isArray(value)) return value.flatMap((v) => shapes(v, at));
  if (value === null || typeof value !== 'object') return [];
  const own = Object.keys(value).sort().map((k) => (typeof value[k] === 'object' || k === 'type' || k === 'role' ? `${k}=${Array.isArray(value[k]) ? '[]' : value[k]}` : `${k}:${typeof value[k]}`));
  return [`${at}{${own}}`, ...Object.entries(value).flatMap(([k, v]) => shapes(v, `${at}.${k}`))];
}

// foreign gives requests that were translated, so that every shape is among them.
async function foreign() {
  const all = (await seen('')).filter((x) => {
    const [, own] = spoken.find(([pattern]) => pattern.test(x.case.split('/')[0]));
    return own !== x.dialect && !x.body.model?.startsWith('deepseek'); // OpenRouter publishes no types
  });
  const known = new Set();
  return all.filter((x) => {
    const before = known.size;
    for (const shape of shapes(x.body, x.dialect)) known.add(shape);
    return known.size > before;
  });
}

// errors compiles requests and gives what is wrong with each.
function errors(requests) {
  const source = prelude + requests.map((x, i) => `const r${i}: ${x.dialect} = ${JSON.stringify(x.body)};\n`).join('');
  const options = { strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === here || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) => (name === here ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : getSourceFile.call(host, name, ...rest));
  const program = ts.createProgram([here], options, host);
  const first = prelude.split('\n').length - 1;
  return program.getSemanticDiagnostics(program.getSourceFile(here)).concat(program.getSyntacticDiagnostics(program.getSourceFile(here))).map((d) => {
    const { line } = d.file.getLineAndCharacterOfPosition(d.start);
    return { request: requests[line - first], text: `${source.slice(d.start, d.start + d.length).slice(0, 120)}: ${ts.flattenDiagnosticMessageText(d.messageText, '\n  ')}` };
  });
}

test('what is sent to vendors is what their types say', async (t) => {
  const requests = await foreign();
  const dialects = [...new Set(requests.map((x) => x.dialect))];
  t.diagnostic(`${requests.length} requests have every shape: ${dialects.map((d) => `${d} ${requests.filter((x) => x.dialect === d).length}`).join(', ')}`);
  assert.equal(dialects.length, 6, 'not every dialect was asked');
  // So that the check is known to find something, each dialect has a request with a member too many.
  const wrong = dialects.map((dialect) => {
    const { body } = requests.find((x) => x.dialect === dialect);
    return { dialect, case: 'wrong', body: { ...body, harbour: 1 } };
  });
  const found = errors([...requests, ...wrong]);
  assert.deepEqual(found.filter((e) => e.request?.case === 'wrong').map((e) => e.request.dialect).sort(), wrong.map((x) => x.dialect).sort());
  const real = new Map(found.filter((e) => e.request?.case !== 'wrong').map((e) => [`${e.request?.dialect}: ${e.text}`, e.request]));
  assert.equal([...real].map(([text, x]) => `${text}\n  of ${x?.case}: ${JSON.stringify(x?.body)}`).join('\n\n'), '');
});
