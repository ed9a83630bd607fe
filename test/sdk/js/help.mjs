// What the tests share. The Go module beside this folder starts the gateway and the
// scripted upstream, and says in the environment where they are.
import assert from 'node:assert/strict';

function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by test/sdk.sh, which starts a gateway`);
  return value;
}

export const gateway = given('SLUICE_URL');
export const retrying = given('SLUICE_RETRYING_URL'); // tries once more by itself
export const key = given('SLUICE_KEY');
export const upstream = given('UPSTREAM_URL');
export const vendorKey = given('UPSTREAM_KEY');
export const unknownKey = 'sk-sluice-unknown-0123456789';

async function script(verb, exchange) {
  const resp = await fetch(`${upstream}/script/${verb}?exchange=${encodeURIComponent(exchange)}`);
  assert.equal(resp.status, 200, `${verb} ${exchange}`);
  return resp.json();
}

// release lets one paused stream of an exchange go on.
export const release = (exchange) => script('release', exchange);

// calls gives the requests that an exchange has answered so far.
export const calls = (exchange) => script('calls', exchange);

// last gives the newest of them.
export async function last(exchange) {
  const all = await calls(exchange);
  assert.ok(all.length > 0, `the exchange ${exchange} was not asked for`);
  return all.at(-1);
}

// asked counts how often an exchange is asked for while fn runs.
export async function asked(exchange, fn) {
  const before = (await calls(exchange)).length;
  await fn();
  return (await calls(exchange)).length - before;
}

// leaves has fn begin a call that hangs in mid-stream and leave it, and checks that the
// upstream sees it within 100 ms. fn gives the first text and when it left. A busy
// machine gets three tries.
export async function leaves(exchange, fn) {
  let best = Infinity;
  for (let i = 0; i < 3 && best >= 100; i++) {
    const { first, left } = await fn();
    const { at } = await script('gone', exchange);
    assert.equal(first, 'One');
    best = Math.min(best, at - left);
  }
  assert.ok(best < 100, `the upstream saw the caller leave after ${best} ms`);
}

export const now = () => performance.timeOrigin + performance.now();

// fails runs fn and gives the error that it must end with.
export async function fails(fn) {
  try {
    await fn();
  } catch (err) {
    return err;
  }
  assert.fail('no error');
}

export async function recordings() {
  const resp = await fetch(`${upstream}/script/corpus`);
  return resp.json();
}

export const question = 'How is the harbour?';
export const calm = 'The harbour is calm — “très calme”.';
export const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==';
export const weather = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
export const said = 'Say this again, piece by piece, until all of it was said.';
