// Cloudflare's own client: it knows no other host than Cloudflare's, so that its calls
// are led to the gateway under test below it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { generateText, jsonSchema, streamText, tool } from 'ai';
import { AiGatewayDoesNotExist, AiGatewayUnauthorizedError, createAiGateway } from 'ai-gateway-provider';
import { createAnthropic } from 'ai-gateway-provider/providers/anthropic';
import { createGoogleGenerativeAI } from 'ai-gateway-provider/providers/google';
import { createOpenAI } from 'ai-gateway-provider/providers/openai';
import { createUnified } from 'ai-gateway-provider/providers/unified';
import * as h from './help.mjs';

const theirs = 'https://gateway.ai.cloudflare.com';
const plainFetch = globalThis.fetch;
let answer; // the last one, as it came
globalThis.fetch = async (url, init) => {
  if (!String(url).startsWith(`${theirs}/`)) return plainFetch(url, init);
  const resp = await plainFetch(h.gateway + String(url).slice(theirs.length), init);
  answer = resp.headers;
  return resp;
};
after(() => { globalThis.fetch = plainFetch; });

const accountId = '0123456789abcdef0123456789abcdef';
const gateway = (options, more = {}) => createAiGateway({ accountId, gateway: 'default', apiKey: h.key, options, ...more });

const chat = () => createOpenAI().chat('gpt-4o-mini');
const responses = () => createOpenAI()('gpt-4o-mini');
const messages = () => createAnthropic()('claude-sonnet-4-5');
const gemini = () => createGoogleGenerativeAI()('gemini-2.5-flash');
const unified = (model) => createUnified()(model);

const vendors = { 'openai/chat': chat, 'openai/response': responses, 'anthropic/message': messages, 'gemini/generate': gemini };
const once = { maxRetries: 0 };

for (const [exchange, model] of Object.entries(vendors)) {
  test(`${exchange} is answered, with the gateway's own credential`, async () => {
    const got = await generateText({ model: gateway()(model()), prompt: h.question, ...once });
    assert.match(got.text, /^The harbour is calm/);
    assert.ok(got.usage.inputTokens > 0 && got.usage.outputTokens > 0);
    const sent = await h.last(exchange);
    assert.ok(Object.values(sent.header).flat().some((v) => v.includes(h.vendorKey)), 'the credential of the gateway');
    assert.ok(!JSON.stringify(sent.header).includes('CF_TEMP_TOKEN') && !JSON.stringify(sent.header).includes(h.key));
    assert.equal(answer.get('cf-aig-step'), '0');
    assert.match(answer.get('cf-aig-log-id'), /^[0-9a-f-]{36}$/);
  });
}

for (const [exchange, model] of [['openai/chat-stream', chat], ['openai/response-stream', responses], ['anthropic/message-stream', messages], ['gemini/generate-stream', gemini]]) {
  test(`${exchange} arrives piece by piece`, async () => {
    const stream = streamText({ model: gateway()(model()), prompt: 'Please count to three.', ...once });
    let text = '';
    for await (const piece of stream.textStream) {
      if (text === '') await h.release(exchange); // only now does the vendor go on
      text += piece;
    }
    assert.equal(text, 'One, two, three.');
  });
}

test('compat reaches every provider in one dialect', async () => {
  for (const [model, exchange] of [['openai/gpt-4o-mini', 'openai/chat'], ['anthropic/claude-sonnet-4-5', 'anthropic/message'], ['google-ai-studio/gemini-2.5-flash', 'gemini/generate']]) {
    const asked = await h.asked(exchange, async () => {
      const got = await generateText({ model: gateway()(unified(model)), prompt: h.question, ...once });
      assert.equal(got.text, h.calm);
    });
    assert.equal(asked, 1, model);
  }
  const got = await generateText({ model: gateway()(unified('dynamic/harbour')), prompt: h.question, ...once });
  assert.equal(got.text, h.calm);
  assert.equal(answer.get('cf-aig-provider'), 'anthropic');
  assert.equal(answer.get('cf-aig-model'), 'claude-sonnet-4-5');
});

test('tools are called', async () => {
  const got = await generateText({ model: gateway()(messages()), prompt: 'The weather?', tools: { get_weather: tool({ inputSchema: jsonSchema(h.weather) }) }, ...once });
  assert.ok(got.toolCalls.some((c) => c.toolName === 'get_weather' && c.input.city === 'Lisbon'));
});

test('the next model of the array answers when one fails', async () => {
  const models = [chat(), gemini(), messages()];
  const got = await generateText({ model: gateway()(models), prompt: 'no money, refused credential?', ...once }).catch((err) => err);
  assert.ok(got instanceof Error, 'all fail');
  assert.equal(answer.get('cf-aig-step'), '2');

  const second = await generateText({ model: gateway()([createOpenAI().chat('no money'), messages()]), prompt: h.question, ...once });
  assert.equal(second.text, h.calm);
  assert.equal(answer.get('cf-aig-step'), '1');
  assert.equal(answer.get('sluice-attempts'), '2');

  const streamed = streamText({ model: gateway()([unified('nobody/model'), gemini()]), prompt: 'Please count to three.', ...once });
  let text = '';
  for await (const piece of streamed.textStream) {
    if (text === '') await h.release('gemini/generate-stream');
    text += piece;
  }
  assert.equal(text, 'One, two, three.');
  assert.equal(answer.get('cf-aig-step'), '1');
});

test('the options are obeyed, and no vendor sees them', async () => {
  const options = {
    cacheKey: 'harbour', cacheTtl: 3600, skipCache: true, collectLog: true, eventId: 'event-1', metadata: { team: 'port', id: 7n, on: true }, requestTimeoutMs: 20000,
    retries: { maxAttempts: 2, retryDelayMs: 10, backoff: 'exponential' },
  };
  const got = await generateText({ model: gateway(options)(chat()), prompt: h.question, ...once });
  assert.equal(got.text, h.calm);
  assert.equal(answer.get('cf-aig-event-id'), 'event-1');
  assert.equal(answer.get('cf-aig-cache-status'), 'MISS');
  const sent = await h.last('openai/chat');
  assert.deepEqual(Object.keys(sent.header).filter((name) => /^(cf-|sluice-)/i.test(name)), []);

  for (const [maxAttempts, times] of [[1, 1], [3, 3]]) {
    const asked = await h.asked('openai/chat-429', async () => {
      const err = await h.fails(() => generateText({ model: gateway({ retries: { maxAttempts, retryDelayMs: 20, backoff: 'constant' } })(chat()), prompt: 'too fast', ...once }));
      assert.equal(err.statusCode, 429);
    });
    assert.equal(asked, times);
  }
  const early = await h.fails(() => generateText({ model: gateway({ retries: { maxAttempts: 6 } })(chat()), prompt: h.question, ...once }));
  assert.equal(early.statusCode, 400);
  assert.match(early.responseBody, /cf-aig-max-attempts/);
});

test('errors are the vendor\'s own where they are its caller\'s fault, else the client\'s own kinds', async () => {
  const bad = await h.fails(() => generateText({ model: gateway()(chat()), prompt: 'wrong temperature', ...once }));
  assert.equal(bad.statusCode, 400);
  assert.match(bad.message, /Invalid 'temperature'/);
  await assert.rejects(generateText({ model: gateway(undefined, { gateway: 'nobody' })(chat()), prompt: h.question, ...once }), (err) => err instanceof AiGatewayDoesNotExist);
  await assert.rejects(generateText({ model: gateway(undefined, { apiKey: h.unknownKey })(chat()), prompt: h.question, ...once }), (err) => err instanceof AiGatewayUnauthorizedError);
});
