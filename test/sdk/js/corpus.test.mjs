// Recorded exchanges, read straight and through the gateway: the SDK must make the same
// of both. There are none where the recordings are not beside the repository.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import * as h from './help.mjs';

async function collected(stream) {
  const all = [];
  for await (const event of stream) all.push(event);
  return all;
}

// outcome gives what an SDK made of an exchange: its objects, or its error.
async function outcome(fn) {
  try {
    return JSON.stringify(await fn(), (name, value) => (name === 'sdkHttpResponse' ? undefined : value));
  } catch (err) {
    return `${err.constructor.name} ${err.status} ${err.message}`;
  }
}

function openai(url, key, { stream }, ticket, kind) {
  const c = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  const body = kind === 'responses' ? { input: ticket } : { messages: [{ role: 'user', content: ticket }], ...(stream && { stream_options: { include_usage: true } }) };
  const api = kind === 'responses' ? c.responses : c.chat.completions;
  return stream ? api.create({ model: 'gpt-4o-mini', ...body, stream: true }).then(collected) : api.create({ model: 'gpt-4o-mini', ...body });
}

function anthropic(url, key, { stream }, ticket) {
  const c = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
  const body = { model: 'claude-sonnet-5', max_tokens: 100, messages: [{ role: 'user', content: ticket }] };
  return stream ? c.messages.create({ ...body, stream: true }).then(collected) : c.messages.create(body);
}

function gemini(url, key, { stream }, ticket) {
  const { models } = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
  const body = { model: 'gemini-2.5-flash', contents: ticket };
  return stream ? models.generateContentStream(body).then(collected) : models.generateContent(body);
}

const readers = { openai, anthropic, gemini };
const all = await h.recordings();

for (const [vendor, read] of Object.entries(readers)) {
  const own = all.filter((r) => r.name.startsWith(`${vendor}/`));
  test(`${vendor}: ${own.length} recorded exchanges`, { skip: own.length === 0 && 'no recordings are beside the repository' }, async (t) => {
    for (const r of own) {
      const ticket = `corpus:${r.name};`;
      const kind = r.kind.includes('responses') ? 'responses' : 'chat';
      const straight = await outcome(() => read(h.upstream, h.vendorKey, r, ticket, kind));
      const through = await outcome(() => read(h.gateway, h.key, r, ticket, kind));
      assert.equal(through, straight, r.name);
    }
    t.diagnostic(`${vendor}: ${own.length} read the same`);
  });
}
