import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import * as h from './help.mjs';

const at = (url, apiKey = h.key, more = {}) => new Anthropic({ baseURL: url, apiKey, ...more });
const client = at(h.gateway);
const user = (content) => [{ role: 'user', content }];
const message = (content, more = {}) => ({ model: 'claude-sonnet-5', max_tokens: 100, messages: user(content), ...more });
const tools = [{ name: 'get_weather', input_schema: h.weather }];

test('a message is answered', async () => {
  for (const model of ['claude-sonnet-5', 'anthropic/claude-sonnet-5', 'anthropic/claude-of-tomorrow']) {
    const got = await client.messages.create(message(h.question, { model }));
    assert.equal(got.content[0].text, h.calm);
    assert.equal(got.usage.cache_read_input_tokens, 20);
    assert.equal(got._request_id, 'req_scripted');
  }
  const sent = await h.last('anthropic/message');
  assert.deepEqual(sent.header['X-Api-Key'], [h.vendorKey]);
  assert.equal(sent.header.Authorization, undefined);
});

test('tokens arrive one by one', async () => {
  let text = '';
  for await (const event of await client.messages.create(message('Please count to three.', { stream: true }))) {
    if (event.type !== 'content_block_delta') continue;
    if (!text) await h.release('anthropic/message-stream'); // only now does the vendor go on
    text += event.delta.text;
  }
  assert.equal(text, 'One, two, three.');
});

test('tools are called and their results taken', async () => {
  const first = await client.messages.create(message('The weather?', { tools }));
  assert.deepEqual(first.content.map((c) => c.type), ['thinking', 'text', 'tool_use', 'tool_use']);
  assert.deepEqual(first.content[2].input, { city: 'Lisbon', days: 1.5 });
  const results = first.content.slice(2).map((c) => ({ type: 'tool_result', tool_use_id: c.id, content: 'sunny' }));
  const messages = [...user('The weather?'), { role: 'assistant', content: first.content }, { role: 'user', content: results }];
  const second = await client.messages.create({ ...message(''), tools, messages });
  assert.equal(second.content[0].text, 'Lisbon is sunny, Oslo is snowed in.');
});

test('the helper for streams collects tool calls', async () => {
  const got = await client.messages.stream(message('The weather?', { tools })).finalMessage();
  assert.deepEqual(got.content.map((c) => c.input ?? c.text), ['Let me look.', { city: 'Lisbon' }, {}]);
  assert.equal(got.stop_reason, 'tool_use');
});

test('a picture is sent', async () => {
  const got = await client.messages.create(message([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: h.pixel } }, { type: 'text', text: 'What is it?' }]));
  assert.equal(got.content[0].text, 'One red pixel.');
  assert.ok((await h.last('anthropic/message-image')).body.includes(h.pixel));
});

test('errors are the SDK\'s own', async () => {
  const none = { maxRetries: 0 };
  const fail = (text, more, key = h.key) => h.fails(() => at(h.gateway, key, none).messages.create(message(text, more)));
  for (const [err, kind, status, type] of [
    [await fail('wrong temperature'), Anthropic.BadRequestError, 400, 'invalid_request_error'],
    [await fail(h.question, {}, h.unknownKey), Anthropic.AuthenticationError, 401, 'authentication_error'],
    [await fail(h.question, { model: 'claude-sonet-5' }), Anthropic.NotFoundError, 404, 'not_found_error'],
    [await fail('too fast'), Anthropic.RateLimitError, 429, 'rate_limit_error'],
    [await fail('overloaded'), Anthropic.InternalServerError, 529, 'overloaded_error'],
    [await fail('refused credential'), Anthropic.InternalServerError, 502, 'api_error'],
  ]) {
    assert.ok(err instanceof kind, `${status}: ${err}`);
    assert.deepEqual([err.status, err.error.error.type], [status, type]);
  }
});

test('what may help is tried again, and nothing else', async () => {
  const count = (url, exchange, text) => h.asked(exchange, () => h.fails(() => at(url).messages.create(message(text))));
  assert.equal(await count(h.gateway, 'anthropic/message-529', 'overloaded'), 3, 'the SDK tries again');
  assert.equal(await count(h.retrying, 'anthropic/message-529', 'overloaded'), 2, 'the gateway tried, so the SDK does not');
  assert.equal(await count(h.gateway, 'anthropic/message-429', 'too fast'), 3, 'the SDK tries again');
  assert.equal(await count(h.gateway, 'anthropic/message-400', 'wrong temperature'), 1);
  assert.equal(await count(h.gateway, 'anthropic/message-401', 'refused credential'), 1);
});

test('a broken stream is heard of', async () => {
  for (const [ask, want] of [['break half way', /overloaded_error/], ['cut half way', /ended before it was complete/]]) {
    let text = '';
    const err = await h.fails(async () => {
      for await (const event of await client.messages.create(message(ask, { stream: true }))) text += event.delta?.text ?? '';
    });
    assert.equal(text, 'One');
    assert.match(err.message, want);
  }
});

test('a caller who leaves ends the vendor\'s work', async () => {
  await h.leaves('anthropic/message-hang', async () => {
    const stream = await client.messages.create(message('Please never end.', { stream: true }));
    for await (const event of stream) {
      if (event.type !== 'content_block_delta') continue;
      const left = h.now();
      stream.controller.abort();
      return { first: event.delta.text, left };
    }
  });
});

test('tokens are counted', async () => {
  assert.equal((await client.messages.countTokens({ model: 'anthropic/claude-sonnet-5', messages: user(h.question) })).input_tokens, 17);
});

test('batches are kept, and only one\'s own are seen', async () => {
  const batch = await client.messages.batches.create({ requests: [{ custom_id: 'first', params: message(h.question) }] });
  assert.equal(batch.id, 'msgbatch_own1');
  assert.equal((await client.messages.batches.retrieve(batch.id)).processing_status, 'ended');
  assert.deepEqual((await client.messages.batches.list()).data.map((b) => b.id), [batch.id]);
  assert.equal((await client.messages.batches.cancel(batch.id)).processing_status, 'canceling');
  assert.equal((await client.messages.batches.delete(batch.id)).id, batch.id);
  for (const id of [batch.id, 'msgbatch_foreign']) assert.equal((await h.fails(() => client.messages.batches.retrieve(id))).status, 404);
});

test('the results of a batch come through the gateway', async () => {
  const batch = await client.messages.batches.create({ requests: [{ custom_id: 'first', params: message(h.question) }] });
  const results = [];
  for await (const r of await client.messages.batches.results(batch.id)) results.push(r.result.message.content[0].text);
  assert.deepEqual(results, ['Done.']);
  assert.deepEqual((await h.last('anthropic/batch-results')).header['X-Api-Key'], [h.vendorKey], 'the SDK follows results_url, which must not lead past the gateway: the vendor would see the caller\'s key');
});

test('files are kept, and only one\'s own are seen', async () => {
  const file = await client.files.upload({ file: await toFile(Buffer.from('hello'), 'notes.txt', { type: 'text/plain' }) });
  assert.equal((await client.files.retrieveMetadata(file.id)).filename, 'notes.txt');
  assert.deepEqual((await client.files.list()).data.map((f) => f.id), [file.id]);
  const ask = (file_id) => message([{ type: 'document', source: { type: 'file', file_id } }, { type: 'text', text: 'What does it say?' }]);
  assert.equal((await client.messages.create(ask(file.id))).content[0].text, 'It says hello.');
  assert.equal((await h.fails(() => client.messages.create(ask('file_foreign')))).status, 404);
  await client.files.delete(file.id);
  assert.equal((await h.fails(() => client.files.retrieveMetadata(file.id))).status, 404);
});

test('models are listed', async () => {
  const names = [];
  for await (const m of client.models.list()) names.push(m.id);
  assert.ok(names.includes('anthropic/claude-sonnet-5'));
  assert.equal((await client.models.retrieve('claude-sonnet-5')).id, 'anthropic/claude-sonnet-5');
  assert.equal((await client.models.retrieve('anthropic/claude-sonnet-5')).id, 'anthropic/claude-sonnet-5');
});
