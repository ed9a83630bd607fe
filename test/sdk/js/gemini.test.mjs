import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GoogleGenAI } from '@google/genai';
import * as h from './help.mjs';

const at = (baseUrl, apiKey = h.key) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
const client = at(h.gateway);
const model = 'gemini-2.5-flash';
const ask = (contents, config) => ({ model, contents, ...(config && { config }) });
const tools = [{ functionDeclarations: [{ name: 'get_weather', parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } } }] }];

test('content is generated', async () => {
  for (const name of [model, `models/${model}`, `gemini/${model}`]) {
    const got = await client.models.generateContent({ model: name, contents: h.question });
    assert.equal(got.text, h.calm);
    assert.equal(got.usageMetadata.thoughtsTokenCount, 11);
  }
  assert.deepEqual((await h.last('gemini/generate')).header['X-Goog-Api-Key'], [h.vendorKey]);
});

test('tokens arrive one by one', async () => {
  let text = '';
  for await (const chunk of await client.models.generateContentStream(ask('Please count to three.'))) {
    if (!text) await h.release('gemini/generate-stream'); // only now does the vendor go on
    text += chunk.text;
  }
  assert.equal(text, 'One, two, three.');
});

test('tools are called and their results taken', async () => {
  const turns = [{ role: 'user', parts: [{ text: 'The weather?' }] }];
  const first = await client.models.generateContent(ask(turns, { tools }));
  assert.deepEqual(first.functionCalls.map((c) => c.args.city), ['Lisbon', 'Oslo']);
  const results = first.functionCalls.map((c) => ({ functionResponse: { name: c.name, response: { sky: 'sunny' } } }));
  const second = await client.models.generateContent(ask([...turns, first.candidates[0].content, { role: 'user', parts: results }], { tools }));
  assert.equal(second.text, 'Lisbon is sunny, Oslo is snowed in.');
});

test('tool calls are read from a stream', async () => {
  const calls = [];
  for await (const chunk of await client.models.generateContentStream(ask('The weather?', { tools }))) calls.push(...(chunk.functionCalls ?? []));
  assert.deepEqual(calls.map((c) => c.args), [{ city: 'Lisbon' }]);
});

test('a picture is sent', async () => {
  const got = await client.models.generateContent(ask([{ role: 'user', parts: [{ text: 'What is it?' }, { inlineData: { mimeType: 'image/png', data: h.pixel } }] }]));
  assert.equal(got.text, 'One red pixel.');
  assert.ok((await h.last('gemini/generate-image')).body.includes(h.pixel));
});

test('errors are the SDK\'s own', async () => {
  for (const [text, name, key, status, said] of [
    ['wrong temperature', model, h.key, 400, /temperature must be in the range/],
    [h.question, model, h.unknownKey, 401, /UNAUTHENTICATED/],
    [h.question, 'gemini-2.5-flahs', h.key, 404, /gemini-2.5-flash/],
    ['refused credential', model, h.key, 502, /UPSTREAM_AUTH/],
    ['too fast', model, h.key, 429, /RESOURCE_EXHAUSTED/],
    ['overloaded', model, h.key, 503, /overloaded/],
  ]) {
    const err = await h.fails(() => at(h.gateway, key).models.generateContent({ model: name, contents: text }));
    assert.equal(err.status, status, `${text}: ${err}`);
    assert.match(err.message, said);
  }
});

test('a cut stream is heard of', async () => {
  let text = '';
  const err = await h.fails(async () => {
    for await (const chunk of await client.models.generateContentStream(ask('cut half way'))) text += chunk.text ?? '';
  });
  assert.equal(text, 'One');
  assert.match(err.message, /ended before it was complete/);
});

test('a caller who leaves ends the vendor\'s work', async () => {
  await h.leaves('gemini/generate-hang', async () => {
    const control = new AbortController();
    const stream = await client.models.generateContentStream(ask('Please never end.', { abortSignal: control.signal }));
    const { value } = await stream.next();
    const left = h.now();
    control.abort();
    await stream.next().catch(() => {});
    return { first: value.text, left };
  });
});

test('contents are embedded and tokens counted', async () => {
  const got = await client.models.embedContent({ model: 'gemini-embedding-001', contents: ['one', 'two'] });
  assert.deepEqual(got.embeddings.map((e) => e.values), [[0.5, -0.25, 1], [0, 2, -1.5]]);
  assert.equal((await client.models.countTokens(ask(h.question))).totalTokens, 17);
});

test('a file is uploaded in steps, through the gateway', async () => {
  const file = await client.files.upload({ file: new Blob(['hello'], { type: 'text/plain' }), config: { mimeType: 'text/plain', displayName: 'notes' } });
  assert.equal(file.name, 'files/own3');
  for (const step of ['gemini/file-start', 'gemini/file-finish']) assert.deepEqual((await h.last(step)).header['X-Goog-Api-Key'], [h.vendorKey], step);
  assert.equal((await h.last('gemini/file-finish')).body, 'hello');
  assert.equal((await client.files.get({ name: file.name })).state, 'ACTIVE');
  const names = [];
  for await (const f of await client.files.list()) names.push(f.name);
  assert.deepEqual(names, [file.name]);
  const about = (fileUri) => ask([{ role: 'user', parts: [{ text: 'What does it say?' }, { fileData: { fileUri, mimeType: 'text/plain' } }] }]);
  assert.equal((await client.models.generateContent(about(file.uri))).text, 'It says hello.');
  assert.equal((await h.fails(() => client.models.generateContent(about(file.uri.replace('own3', 'foreign'))))).status, 404);
  await client.files.delete({ name: file.name });
  assert.equal((await h.fails(() => client.files.get({ name: file.name }))).status, 404);
});

test('caches are kept, and only one\'s own are seen', async () => {
  const cache = await client.caches.create({ model, config: { displayName: 'prompt', contents: 'A long prompt.' } });
  assert.equal(cache.name, 'cachedContents/own4');
  assert.equal((await client.caches.get({ name: cache.name })).displayName, 'prompt');
  const names = [];
  for await (const c of await client.caches.list()) names.push(c.name);
  assert.deepEqual(names, [cache.name]);
  await client.caches.update({ name: cache.name, config: { ttl: '60s' } });
  assert.equal((await client.models.generateContent(ask('Go on.', { cachedContent: cache.name }))).text, 'From the cache.');
  assert.equal((await h.fails(() => client.models.generateContent(ask('Go on.', { cachedContent: 'cachedContents/foreign' })))).status, 404);
  await client.caches.delete({ name: cache.name });
  assert.equal((await h.fails(() => client.caches.get({ name: cache.name }))).status, 404);
});

test('models are listed', async () => {
  const names = [];
  for await (const m of await client.models.list()) names.push(m.name);
  assert.ok(names.includes(`models/gemini/${model}`), String(names.length));
  assert.equal((await client.models.get({ model })).name, `models/gemini/${model}`);
  assert.equal((await h.fails(() => client.models.get({ model: 'gemini-99' }))).status, 404);
});
