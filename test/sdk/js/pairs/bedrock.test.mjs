import { BedrockRuntimeClient, BedrockRuntimeServiceException, ConverseCommand, ConverseStreamCommand, ThrottlingException, ValidationException } from '@aws-sdk/client-bedrock-runtime';
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { collect, gateway, json, key, pairs, schema, system, tools } from './scenarios.mjs';

// The SDK sends tokens over https only: it signs here, and the token takes the
// signature's place.
const client = new BedrockRuntimeClient({ region: 'us-east-1', endpoint: gateway, maxAttempts: 1, credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' }, authSchemePreference: ['sigv4'] });
client.middlewareStack.add((next) => (args) => {
  args.request.headers.authorization = `Bearer ${key}`;
  return next(args);
}, { step: 'finalizeRequest', priority: 'low', name: 'bearer' });
after(() => client.destroy());

function error(err) {
  const status = err.$metadata?.httpStatusCode;
  const want = { 400: ValidationException, 429: ThrottlingException }[status] ?? BedrockRuntimeServiceException;
  assert.ok(err instanceof want, `${err.constructor.name} is no ${want.name}: ${err.stack}`);
  return [status, err.message];
}

function ask({ model, text, ...q }) {
  const body = { modelId: model, system: [{ text: system }], messages: [{ role: 'user', content: [{ text }] }], inferenceConfig: { maxTokens: 4000 } };
  if (q.tools) body.toolConfig = { tools: tools.map((t) => ({ toolSpec: { name: t.name, description: t.description, inputSchema: { json: t.schema } } })) };
  if (q.schema) body.outputConfig = { textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'degrees', schema: JSON.stringify(schema) } } } };
  if (q.think) body.additionalModelRequestFields = { thinking: { type: 'enabled', budget_tokens: 2048 } };
  return send(body, q.stream);
}

async function send(body, stream) {
  const got = stream ? whole(await collect((await client.send(new ConverseStreamCommand(body))).stream)) : await client.send(new ConverseCommand(body));
  const { message } = got.output;
  const calls = message.content.filter((b) => b.toolUse).map(({ toolUse: c }) => ({ id: c.toolUseId, name: c.name, args: c.input }));
  const { usage } = got;
  return {
    text: message.content.map((b) => b.text ?? '').join(''), thinking: message.content.map((b) => b.reasoningContent?.reasoningText?.text ?? '').join(''), calls,
    tokens: [usage.inputTokens + (usage.cacheReadInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0), usage.outputTokens],
    again: (results) => send({ ...body, messages: [...body.messages, message, { role: 'user', content: results.map((text, i) => ({ toolResult: { toolUseId: calls[i].id, content: [{ text }] } })) }] }, stream),
  };
}

// whole puts a stream's events together to what an answer without a stream is.
function whole(events) {
  const blocks = [];
  const got = { output: { message: { role: 'assistant', content: blocks } } };
  const inputs = [];
  for (const e of events) {
    const { contentBlockIndex: i, start, delta } = e.contentBlockStart ?? e.contentBlockDelta ?? {};
    if (start?.toolUse) blocks[i] = { toolUse: { ...start.toolUse } };
    if (delta?.text) blocks[i] = { text: (blocks[i]?.text ?? '') + delta.text };
    if (delta?.toolUse) inputs[i] = (inputs[i] ?? '') + delta.toolUse.input;
    if (delta?.reasoningContent?.redactedContent) {
      blocks[i] = delta;
    } else if (delta?.reasoningContent) {
      const { text = '', signature } = blocks[i]?.reasoningContent.reasoningText ?? {};
      blocks[i] = { reasoningContent: { reasoningText: { text: text + (delta.reasoningContent.text ?? ''), signature: delta.reasoningContent.signature ?? signature } } };
    }
    if (e.messageStop) got.stopReason = e.messageStop.stopReason;
    if (e.metadata) got.usage = e.metadata.usage;
  }
  inputs.forEach((text, i) => { blocks[i].toolUse.input = json(text); });
  return got;
}

pairs('bedrock', { ask, error });
