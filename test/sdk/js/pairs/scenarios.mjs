// What each client does with each vendor. The Go package beside this folder starts the
// gateway and the vendors, and says in the environment where they are.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by test/sdk.sh, which starts a gateway`);
  return value;
}

export const gateway = given('SLUICE_URL');
export const key = given('SLUICE_KEY');
const upstream = given('UPSTREAM_URL');

// What the vendors say.
const plain = 'The harbour is calm — “très calme”.';
const thought = 'First I look, then I say.';
const warm = { city: 'Lisbon', degrees: 21 };

// models are what is asked of each vendor; where it thinks, it is a model that does.
const models = {
  chat: ['chat/gpt-4.1', 'router/deepseek-v3.2'],
  responses: ['responses/gpt-5.2'],
  messages: ['messages/claude-sonnet-4-5'],
  gemini: ['gemini/gemini-2.5-pro'],
  converse: ['converse/anthropic.claude-sonnet-4-5-20250929-v1:0'],
  cohere: ['cohere/command-a-03-2025', 'cohere/command-a-reasoning-08-2025'],
};

const object = (properties, more = {}) => ({ type: 'object', properties, required: Object.keys(properties), ...more });
export const tools = [
  { name: 'get_weather', description: 'The weather of a city <now>', schema: object({ city: { type: 'string', description: 'where' } }) },
  { name: 'get_time', description: 'The time', schema: object({ zone: { type: 'string', description: 'where' } }) },
];
export const schema = object({ city: { type: 'string' }, degrees: { type: 'integer' } }, { additionalProperties: false });
export const system = 'You are brief.';

export const json = (text) => (text ? JSON.parse(text) : {});

// collect reads a stream to its end.
export async function collect(stream) {
  const all = [];
  for await (const event of stream) all.push(event);
  return all;
}

// seen gives what the vendors received of a case.
export async function seen(name) {
  const resp = await fetch(`${upstream}/script/seen?case=${encodeURIComponent(name)}`);
  return resp.json();
}

// A client is:
//   ask({ model, text, stream, tools, schema, think }) asks, and gives
//     { text, thinking, calls: [{ id, name, args }], tokens: [in, out], again(results) }
//   error(err) gives [status, message] of the SDK's own error, else throws
//   without(vendor, title) says why the client cannot do something, if so
//   thoughts, tokens, ids say whether it shows reasoning and usage, and keeps ids
export function pairs(client, { ask, error, without = () => false, thoughts = true, tokens = true, ids = true }) {
  describe(client, { concurrency: 8 }, () => {
    for (const vendor of Object.keys(models)) {
      for (const [title, scenario] of Object.entries(scenarios)) {
        it(`${client} to ${vendor}: ${title}`, { skip: without(vendor, title) }, (t) => {
          const name = `${client}/${vendor}/${title.replaceAll(' ', '-').replace(/[^\w./-]/g, '')}`;
          const question = (words, more = {}) => ({ model: models[vendor].at(more.think ? -1 : 0), text: `case:${name}; ${words}`, ...more });
          return run(t, { ask, error, thoughts, tokens, ids, vendor, scenario, name, question });
        });
      }
    }
  });
}

async function run(t, given) {
  let received = [];
  try {
    await given.scenario(given);
    received = await seen(given.name);
    assert.ok(received.length > 0, 'the vendor received nothing');
    for (const x of received) {
      assert.equal(x.dialect, given.vendor);
      assert.equal(x.problems, null);
      if (given.ids) assert.equal(x.renamed, null);
    }
  } catch (err) {
    received = received.length ? received : await seen(given.name);
    t.diagnostic(`the vendor received ${received.map((x) => `${x.path} ${JSON.stringify(x.body)} ${x.problems ?? ''}`).join('\n')}`);
    throw err;
  }
}

const scenarios = {
  'a question is answered': answered(false),
  'a question is answered by a stream': answered(true),
  'tools are called': toolLoop(false, false),
  'tools are called by a stream': toolLoop(true, false),
  'reasoning survives tools': toolLoop(false, true),
  'reasoning survives tools and streams': toolLoop(true, true),
  'an answer follows a schema': structured(false),
  'a wrong request is the caller\'s': fails(400, 400),
  'too many requests are too many': fails(429, 429),
  'a vendor\'s failure is an upstream error': fails(500, 502),
};

function answered(stream) {
  return async ({ ask, question, tokens }) => {
    const got = await ask(question('How is the harbour?', { stream }));
    assert.equal(got.text, plain);
    assert.deepEqual(got.calls, []);
    if (tokens) assert.deepEqual(got.tokens, [14, 9]);
  };
}

// toolLoop has two turns with calls, the first with two at once.
function toolLoop(stream, think) {
  return async ({ ask, question, thoughts }) => {
    const words = 'think, call get_weather with {"city":"Lisbon"} and call get_weather with {"city":"Oslo"}, then call get_time with {"zone":"UTC"}';
    const first = await ask(question(words, { stream, think, tools: true }));
    called(first, ['get_weather', { city: 'Lisbon' }], ['get_weather', { city: 'Oslo' }]);
    if (think && thoughts) assert.equal(first.thinking, thought);
    const second = await first.again(['sunny over there', 'snowed in']);
    called(second, ['get_time', { zone: 'UTC' }]);
    const last = await second.again(['noon']);
    for (const said of ['It says: ', 'sunny over there', 'snowed in', 'noon']) assert.ok(last.text.includes(said), `"${last.text}" lacks "${said}"`);
    assert.deepEqual(last.calls, []);
  };
}

function called(got, ...want) {
  assert.deepEqual(got.calls.map((c) => [c.name, c.args]), want);
  const ids = got.calls.map((c) => c.id).filter(Boolean);
  assert.equal(new Set(ids).size, ids.length, 'ids are not each call\'s own');
}

function structured(stream) {
  return async ({ ask, question }) => {
    const got = await ask(question('How warm is it?', { stream, schema: true }));
    assert.deepEqual(json(got.text), warm);
  };
}

function fails(vendors, callers) {
  return async ({ ask, question, error }) => {
    for (const stream of [false, true]) {
      let failed;
      try {
        await ask(question(`fail with ${vendors}`, { stream }));
      } catch (err) {
        failed = err;
      }
      assert.ok(failed, 'no error');
      const [status, message] = error(failed);
      assert.equal(status, callers, `the status of ${failed.constructor.name}: ${failed.message}`);
      assert.match(message, /as you asked: a failure/);
    }
  };
}

// ofClass checks that an error is of its SDK's class for its status.
export function ofClass(err, classes) {
  const want = classes[err.status ?? err.statusCode] ?? classes.other;
  assert.ok(err instanceof want, `${err.constructor.name} is no ${want.name}: ${err.stack}`);
}
