import Anthropic from '@anthropic-ai/sdk';
import { gateway, key, ofClass, pairs, schema, system, tools } from './scenarios.mjs';

const client = new Anthropic({ baseURL: gateway, apiKey: key, maxRetries: 0 });

function error(err) {
  ofClass(err, { 400: Anthropic.BadRequestError, 429: Anthropic.RateLimitError, other: Anthropic.InternalServerError });
  return [err.status, err.message];
}

function ask({ model, text, ...q }) {
  const body = { model, max_tokens: 4000, system, messages: [{ role: 'user', content: text }] };
  if (q.tools) body.tools = tools.map((t) => ({ name: t.name, description: t.description, input_schema: t.schema }));
  if (q.schema) body.output_config = { format: { type: 'json_schema', schema } };
  if (q.think) body.thinking = { type: 'enabled', budget_tokens: 2048 };
  return send(body, q.stream);
}

async function send(body, stream) {
  const got = stream ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
  const of = (type) => got.content.filter((b) => b.type === type);
  const calls = of('tool_use').map((c) => ({ id: c.id, name: c.name, args: c.input }));
  const { usage } = got;
  return {
    text: of('text').map((b) => b.text).join(''), thinking: of('thinking').map((b) => b.thinking).join(''), calls,
    tokens: [usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0), usage.output_tokens],
    again: (results) => send({ ...body, messages: [...body.messages, { role: 'assistant', content: got.content },
      { role: 'user', content: results.map((content, i) => ({ type: 'tool_result', tool_use_id: calls[i].id, content })) }] }, stream),
  };
}

pairs('anthropic', { ask, error });
