import { Cohere, CohereClientV2, CohereError } from 'cohere-ai';
import { collect, gateway, json, key, ofClass, pairs, schema, system, tools } from './scenarios.mjs';

const client = new CohereClientV2({ environment: gateway, token: key });
const once = { maxRetries: 0 };

function error(err) {
  ofClass(err, { 400: Cohere.BadRequestError, 429: Cohere.TooManyRequestsError, other: CohereError });
  return [err.statusCode, JSON.stringify(err.body)];
}

function ask({ model, text, ...q }) {
  const body = { model, messages: [{ role: 'system', content: system }, { role: 'user', content: text }] };
  if (q.tools) body.tools = tools.map((t) => ({ type: 'function', function: { name: t.name, description: t.description, parameters: t.schema } }));
  if (q.schema) body.responseFormat = { type: 'json_object', jsonSchema: schema };
  if (q.think) body.thinking = { type: 'enabled', tokenBudget: 2048 };
  return send(body, q.stream);
}

async function send(body, stream) {
  const got = stream ? whole(await collect(await client.chatStream(body, once))) : await client.chat(body, once);
  const { message, usage } = got;
  const calls = (message.toolCalls ?? []).map((c) => ({ id: c.id, name: c.function.name, args: json(c.function.arguments) }));
  const said = (type) => (message.content ?? []).map((p) => p[type] ?? '').join('');
  return {
    text: said('text'), thinking: said('thinking') + (message.toolPlan ?? ''), calls, tokens: [usage.tokens.inputTokens, usage.tokens.outputTokens],
    again: (results) => send({ ...body, messages: [...body.messages, message, ...results.map((content, i) => ({ role: 'tool', toolCallId: calls[i].id, content }))] }, stream),
  };
}

// whole puts a stream's events together to what an answer without a stream is.
function whole(events) {
  const message = { role: 'assistant' };
  let usage;
  for (const { type, index, delta } of events) {
    const m = delta?.message;
    if (type === 'content-start') (message.content ??= [])[index] = { type: m.content.type, [m.content.type]: m.content[m.content.type] ?? '' };
    if (type === 'content-delta') message.content[index][message.content[index].type] += m.content[message.content[index].type] ?? '';
    if (type === 'tool-plan-delta') message.toolPlan = (message.toolPlan ?? '') + m.toolPlan;
    if (type === 'tool-call-start') (message.toolCalls ??= []).push(m.toolCalls);
    if (type === 'tool-call-delta') message.toolCalls.at(-1).function.arguments += m.toolCalls.function.arguments;
    if (type === 'message-end') usage = delta.usage;
  }
  return { message, usage };
}

pairs('cohere', { ask, error });
