import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import * as h from './help.mjs';

const user = (content) => [{ role: 'user', content }];

async function joined(stream, text) {
  const pieces = [];
  for await (const event of stream) {
    const piece = text(event);
    if (piece) pieces.push(piece);
  }
  assert.ok(pieces.length > 1, `all came at once: ${pieces}`);
  return pieces.join('');
}

test('OpenAI\'s SDK works with the sandbox', async () => {
  const { chat, responses, embeddings } = new OpenAI({ baseURL: `${h.gateway}/v1`, apiKey: h.key });
  const echo = { model: 'sandbox/echo', messages: user(h.said) };
  assert.equal((await chat.completions.create(echo)).choices[0].message.content, h.said);
  assert.equal(await joined(await chat.completions.create({ ...echo, stream: true }), (c) => c.choices[0]?.delta?.content), h.said);

  const ask = { model: 'sandbox/chat', tools: [{ type: 'function', function: { name: 'get_weather', parameters: h.weather } }] };
  const first = (await chat.completions.create({ ...ask, messages: user('The weather?') })).choices[0].message;
  assert.equal(first.tool_calls[0].function.name, 'get_weather');
  const messages = [...user('The weather?'), first, { role: 'tool', tool_call_id: first.tool_calls[0].id, content: 'sunny' }];
  assert.match((await chat.completions.create({ ...ask, messages })).choices[0].message.content, /sunny/);

  assert.equal((await responses.create({ model: 'sandbox/echo', input: h.said })).output_text, h.said);
  assert.equal(await joined(await responses.create({ model: 'sandbox/echo', input: h.said, stream: true }), (e) => e.type === 'response.output_text.delta' && e.delta), h.said);
  assert.ok((await embeddings.create({ model: 'sandbox/embed', input: 'a' })).data[0].embedding.length > 0);
});

test('Anthropic\'s SDK works with the sandbox', async () => {
  const { messages } = new Anthropic({ baseURL: h.gateway, apiKey: h.key });
  const echo = { model: 'sandbox/echo', max_tokens: 100, messages: user(h.said) };
  assert.equal((await messages.create(echo)).content[0].text, h.said);
  assert.equal(await joined(await messages.create({ ...echo, stream: true }), (e) => e.delta?.text), h.said);

  const ask = { model: 'sandbox/chat', max_tokens: 100, tools: [{ name: 'get_weather', input_schema: h.weather }] };
  const first = await messages.create({ ...ask, messages: user('The weather?') });
  const call = first.content.at(-1);
  assert.equal(call.type, 'tool_use');
  const turns = [...user('The weather?'), { role: 'assistant', content: first.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'sunny' }] }];
  assert.match((await messages.create({ ...ask, messages: turns })).content[0].text, /sunny/);
});

test('Google\'s SDK works with the sandbox', async () => {
  const { models } = new GoogleGenAI({ apiKey: h.key, httpOptions: { baseUrl: h.gateway } });
  const echo = { model: 'sandbox/echo', contents: h.said };
  assert.equal((await models.generateContent(echo)).text, h.said);
  assert.equal(await joined(await models.generateContentStream(echo), (c) => c.text), h.said);

  const ask = { model: 'sandbox/chat', config: { tools: [{ functionDeclarations: [{ name: 'get_weather', parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } } }] }] } };
  const turns = [{ role: 'user', parts: [{ text: 'The weather?' }] }];
  const first = await models.generateContent({ ...ask, contents: turns });
  assert.equal(first.functionCalls[0].name, 'get_weather');
  const contents = [...turns, first.candidates[0].content, { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: { sky: 'sunny' } } }] }];
  assert.match((await models.generateContent({ ...ask, contents })).text, /sunny/);
});
