import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import * as h from './help.mjs';

const at = (url, apiKey = h.key, more = {}) => new OpenAI({ baseURL: `${url}/v1`, apiKey, ...more });
const client = at(h.gateway);
const user = (content) => [{ role: 'user', content }];
const chat = (text, more = {}) => ({ model: 'gpt-4o-mini', messages: user(text), ...more });
const tools = [{ type: 'function', function: { name: 'get_weather', description: 'The weather of a city <now>', parameters: h.weather } }];

test('a chat is answered', async () => {
  for (const model of ['gpt-4o-mini', 'openai/gpt-4o-mini', 'openai/a-model-of-tomorrow']) {
    const got = await client.chat.completions.create(chat(h.question, { model }));
    assert.equal(got.choices[0].message.content, h.calm);
    assert.equal(got.usage.prompt_tokens_details.cached_tokens, 4);
    assert.equal(got._request_id, 'req_chat_plain');
    const sent = await h.last('openai/chat');
    assert.equal(JSON.parse(sent.body).model, model.replace('openai/', ''));
    assert.deepEqual(sent.header.Authorization, [`Bearer ${h.vendorKey}`]);
  }
});

test('what happened is in the header', async () => {
  const { response } = await client.chat.completions.create(chat(h.question)).withResponse();
  assert.equal(response.headers.get('sluice-provider'), 'openai');
  assert.equal(response.headers.get('sluice-model'), 'gpt-4o-mini');
  assert.match(response.headers.get('sluice-request-id'), /^[0-9a-f-]{36}$/);
  assert.equal(JSON.parse(response.headers.get('sluice-usage')).input_tokens, 14);
});

for (const usage of [false, true]) {
  test(`tokens arrive one by one, usage ${usage ? '' : 'not '}asked for`, async () => {
    const stream = await client.chat.completions.create(chat('Please count to three.', { stream: true, ...(usage && { stream_options: { include_usage: true } }) }));
    let text = '';
    let bare = 0;
    for await (const chunk of stream) {
      if (chunk.choices.length === 0) bare++;
      const piece = chunk.choices[0]?.delta?.content ?? '';
      if (piece === 'One') await h.release('openai/chat-stream'); // only now does the vendor go on
      text += piece;
    }
    assert.equal(text, 'One, two, three.');
    assert.equal(bare, usage ? 1 : 0);
  });
}

test('tools are called and their results taken', async () => {
  const first = (await client.chat.completions.create(chat('The weather?', { tools }))).choices[0].message;
  assert.deepEqual(first.tool_calls.map((c) => [c.id, c.function.arguments]), [['call_lisbon', '{"city": "Lisbon"}'], ['call_oslo', '{"city":"Oslo"}']]);
  const messages = [...user('The weather?'), first, ...first.tool_calls.map((c) => ({ role: 'tool', tool_call_id: c.id, content: 'sunny' }))];
  const second = await client.chat.completions.create({ model: 'gpt-4o-mini', tools, messages });
  assert.equal(second.choices[0].message.content, 'Lisbon is sunny, Oslo is snowed in.');
});

test('the helper for streams collects tool calls', async () => {
  const got = await client.chat.completions.stream(chat('The weather?', { tools })).finalChatCompletion();
  assert.deepEqual(got.choices[0].message.tool_calls.map((c) => [c.id, c.function.arguments]), [['call_lisbon', '{"city":"Lisbon"}'], ['call_oslo', '{}']]);
});

test('a picture is sent', async () => {
  const url = `data:image/png;base64,${h.pixel}`;
  const got = await client.chat.completions.create({ model: 'gpt-4o-mini', messages: user([{ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url } }]) });
  assert.equal(got.choices[0].message.content, 'One red pixel.');
  assert.ok((await h.last('openai/chat-image')).body.includes(url));
});

test('embeddings come packed by default and as floats when asked for', async () => {
  const ask = { model: 'text-embedding-3-small', input: ['one', 'two'] };
  const packed = await client.embeddings.create(ask);
  assert.equal(JSON.parse((await h.last('openai/embeddings-base64')).body).encoding_format, 'base64');
  const floats = await client.embeddings.create({ ...ask, encoding_format: 'float' });
  for (const got of [packed, floats]) {
    assert.deepEqual(got.data.map((d) => Array.from(d.embedding)), [[0.5, -0.25, 1], [0, 2, -1.5]]);
  }
});

test('errors are the SDK\'s own', async () => {
  const none = { maxRetries: 0 };
  const bad = await h.fails(() => at(h.gateway, h.key, none).chat.completions.create(chat('wrong temperature')));
  assert.ok(bad instanceof OpenAI.BadRequestError);
  assert.deepEqual([bad.status, bad.code, bad.param, bad.type, bad.requestID], [400, 'decimal_above_max_value', 'temperature', 'invalid_request_error', 'req_bad']);
  const key = await h.fails(() => at(h.gateway, h.unknownKey, none).chat.completions.create(chat(h.question)));
  assert.ok(key instanceof OpenAI.AuthenticationError);
  assert.equal(key.code, 'invalid_api_key');
  const model = await h.fails(() => at(h.gateway, h.key, none).chat.completions.create(chat(h.question, { model: 'gpt-4o-mimi' })));
  assert.ok(model instanceof OpenAI.NotFoundError);
  assert.match(model.message, /gpt-4o-mini/);
  const limit = await h.fails(() => at(h.gateway, h.key, none).chat.completions.create(chat('too fast')));
  assert.ok(limit instanceof OpenAI.RateLimitError);
  assert.ok(limit.headers.get('retry-after') > 0);
});

test('what may help is tried again, and nothing else', async () => {
  const count = (url, exchange, text) => h.asked(exchange, () => h.fails(() => at(url).chat.completions.create(chat(text))));
  assert.equal(await count(h.gateway, 'openai/chat-429', 'too fast'), 3, 'the SDK tries again');
  assert.equal(await count(h.retrying, 'openai/chat-429', 'too fast'), 2, 'the gateway tried, so the SDK does not');
  assert.equal(await count(h.gateway, 'openai/chat-quota', 'no money'), 1);
  assert.equal(await count(h.gateway, 'openai/chat-400', 'wrong temperature'), 1);
  assert.equal(await count(h.gateway, 'openai/chat-401', 'refused credential'), 1);
});

test('a broken stream is heard of', async () => {
  for (const [ask, want] of [['break half way', /had an error/], ['cut half way', /ended before it was complete/]]) {
    let text = '';
    const err = await h.fails(async () => {
      for await (const chunk of await client.chat.completions.create(chat(ask, { stream: true }))) text += chunk.choices[0]?.delta?.content ?? '';
    });
    assert.equal(text, 'One');
    assert.match(err.message, want);
  }
});

test('a caller who leaves ends the vendor\'s work', async () => {
  await h.leaves('openai/chat-hang', async () => {
    const stream = await client.chat.completions.create(chat('Please never end.', { stream: true }));
    for await (const chunk of stream) {
      const first = chunk.choices[0]?.delta?.content;
      if (!first) continue;
      const left = h.now();
      stream.controller.abort();
      return { first, left };
    }
  });
});

test('responses answer, are stored and go on', async () => {
  const ask = (input, more = {}) => ({ model: 'gpt-4o-mini', input, ...more });
  const first = await client.responses.create(ask(h.question));
  assert.equal(first.output_text, 'The harbour is calm.');
  assert.equal((await client.responses.retrieve(first.id)).output_text, first.output_text);
  assert.equal((await client.responses.inputItems.list(first.id)).data.length, 1);
  const next = ask('And the sea?', { previous_response_id: first.id });
  assert.equal((await client.responses.create(next)).output_text, 'And the sea too.');
  await client.responses.delete(first.id);
  for (const fn of [() => client.responses.retrieve(first.id), () => client.responses.create(next), () => client.responses.retrieve('resp_foreign')]) {
    assert.equal((await h.fails(fn)).status, 404);
  }
});

test('responses stream and are stored', async () => {
  let text = '';
  let done;
  for await (const event of await client.responses.create({ model: 'gpt-4o-mini', input: 'Please count to three.', stream: true })) {
    if (event.type === 'response.output_text.delta') {
      if (!text) await h.release('openai/response-stream');
      text += event.delta;
    }
    if (event.type === 'response.completed') done = event.response;
  }
  assert.equal(text, 'One, two, three.');
  assert.equal((await client.responses.retrieve(done.id)).output_text, text);
});

test('responses call tools', async () => {
  const ask = { model: 'gpt-4o-mini', tools: [{ type: 'function', name: 'get_weather', parameters: h.weather, strict: true }] };
  const input = user('The weather?');
  const [call] = (await client.responses.create({ ...ask, input })).output;
  assert.deepEqual([call.type, call.arguments], ['function_call', '{"city":"Lisbon"}']);
  const second = await client.responses.create({ ...ask, input: [...input, call, { type: 'function_call_output', call_id: call.call_id, output: 'sunny' }] });
  assert.equal(second.output_text, 'Lisbon is sunny.');
});

test('files and batches are kept, and only one\'s own are seen', async () => {
  const file = await client.files.create({ file: await toFile(Buffer.from('{"custom_id":"1"}'), 'requests.jsonl'), purpose: 'batch' });
  assert.equal(file.id, 'file-own1');
  assert.ok((await h.last('openai/file-create')).body.includes('{"custom_id":"1"}'));
  assert.equal((await client.files.retrieve(file.id)).filename, 'requests.jsonl');
  assert.deepEqual((await client.files.list()).data.map((f) => f.id), [file.id]);
  assert.match(await (await client.files.content(file.id)).text(), /custom_id/);
  const batch = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
  assert.equal((await client.batches.retrieve(batch.id)).status, 'in_progress');
  assert.equal((await client.batches.list()).data.length, 1);
  assert.equal((await client.batches.cancel(batch.id)).status, 'cancelling');
  assert.ok((await client.files.delete(file.id)).deleted);
  for (const id of [file.id, 'file-foreign']) assert.equal((await h.fails(() => client.files.retrieve(id))).status, 404);
});

test('pictures, sounds and moderation', async () => {
  assert.equal((await client.images.generate({ model: 'gpt-image-1', prompt: 'a red pixel' })).data[0].b64_json, h.pixel);
  const image = await toFile(Buffer.from(h.pixel, 'base64'), 'pixel.png', { type: 'image/png' });
  assert.equal((await client.images.edit({ model: 'openai/gpt-image-1', prompt: 'paint it red', image })).data[0].b64_json, h.pixel);
  const sound = Buffer.from(await (await client.audio.speech.create({ model: 'gpt-4o-mini-tts', input: 'Hello', voice: 'alloy' })).arrayBuffer());
  assert.equal(sound.length, 11 + 4 * 256);
  assert.equal(sound.subarray(0, 3).toString(), 'ID3');
  const heard = await client.audio.transcriptions.create({ model: 'whisper-1', file: await toFile(sound, 'tone.wav') });
  assert.equal(heard.text, 'Hello from the harbour.');
  assert.ok((await client.moderations.create({ model: 'openai/omni-moderation-latest', input: 'you fool' })).results[0].flagged);
});

test('models are listed', async () => {
  const names = [];
  for await (const m of client.models.list()) names.push(m.id);
  for (const want of ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-5', 'sandbox/chat']) assert.ok(names.includes(want), want);
  assert.equal((await client.models.retrieve('gpt-4o-mini')).id, 'openai/gpt-4o-mini');
  assert.equal((await client.models.retrieve('openai/gpt-4o-mini')).id, 'openai/gpt-4o-mini');
  assert.equal((await h.fails(() => client.models.retrieve('gpt-99'))).status, 404);
});
