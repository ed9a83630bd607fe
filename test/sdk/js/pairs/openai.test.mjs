import OpenAI from 'openai';
import { collect, gateway, json, key, ofClass, pairs, schema, system, tools } from './scenarios.mjs';

const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key, maxRetries: 0 });

function error(err) {
  ofClass(err, { 400: OpenAI.BadRequestError, 429: OpenAI.RateLimitError, other: OpenAI.InternalServerError });
  return [err.status, err.message];
}

function askChat({ model, text, ...q }) {
  const body = { model, messages: [{ role: 'system', content: system }, { role: 'user', content: text }] };
  if (q.tools) body.tools = tools.map((t) => ({ type: 'function', function: { name: t.name, description: t.description, parameters: t.schema } }));
  if (q.schema) body.response_format = { type: 'json_schema', json_schema: { name: 'degrees', strict: true, schema } };
  if (q.think) body.reasoning_effort = 'medium';
  return chat(body, q.stream);
}

async function chat(body, stream) {
  const api = client.chat.completions;
  let thinking = '';
  let got;
  if (stream) {
    const events = api.stream({ ...body, stream_options: { include_usage: true } });
    events.on('chunk', ({ choices }) => { for (const { delta } of choices) thinking += delta.reasoning_content ?? delta.reasoning ?? ''; });
    got = await events.finalChatCompletion();
  } else {
    got = await api.create(body);
    thinking = got.choices[0].message.reasoning_content ?? got.choices[0].message.reasoning;
  }
  const { message } = got.choices[0];
  const calls = (message.tool_calls ?? []).map((c) => ({ id: c.id, name: c.function.name, args: json(c.function.arguments) }));
  return {
    text: message.content, thinking, calls, tokens: [got.usage.prompt_tokens, got.usage.completion_tokens],
    again: (results) => chat({ ...body, messages: [...body.messages, message, ...results.map((content, i) => ({ role: 'tool', tool_call_id: calls[i].id, content }))] }, stream),
  };
}

function askResponses({ model, text, ...q }) {
  const body = { model, instructions: system, input: [{ role: 'user', content: text }], store: false, include: ['reasoning.encrypted_content'] };
  if (q.tools) body.tools = tools.map((t) => ({ type: 'function', name: t.name, description: t.description, parameters: t.schema, strict: false }));
  if (q.schema) body.text = { format: { type: 'json_schema', name: 'degrees', strict: true, schema } };
  if (q.think) body.reasoning = { effort: 'medium', summary: 'auto' };
  return respond(body, q.stream);
}

async function respond(body, stream) {
  let got;
  if (stream) {
    const events = await collect(await client.responses.create({ ...body, stream: true }));
    got = events.at(-1).response;
    if (got?.status !== 'completed') throw new Error(`the stream ended with ${JSON.stringify(events.at(-1))}`);
    got.output_text = events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta).join('');
  } else {
    got = await client.responses.create(body);
  }
  const of = (type) => got.output.filter((item) => item.type === type);
  const calls = of('function_call').map((c) => ({ id: c.call_id, name: c.name, args: json(c.arguments) }));
  return {
    text: got.output_text, calls, tokens: [got.usage.input_tokens, got.usage.output_tokens],
    thinking: of('reasoning').flatMap((item) => item.summary).map((s) => s.text).join(''),
    again: (results) => respond({ ...body, input: [...body.input, ...got.output, ...results.map((output, i) => ({ type: 'function_call_output', call_id: calls[i].id, output }))] }, stream),
  };
}

pairs('openai-chat', { ask: askChat, error });
pairs('openai-responses', { ask: askResponses, error });
