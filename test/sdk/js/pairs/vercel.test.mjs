// The Vercel AI SDK, with each of its providers.
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createCohere } from '@ai-sdk/cohere';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, jsonSchema, Output, streamText, tool } from 'ai';
import assert from 'node:assert/strict';
import { gateway, key as apiKey, pairs, schema, system, tools } from './scenarios.mjs';

globalThis.AI_SDK_LOG_WARNINGS = false;

const openai = createOpenAI({ baseURL: `${gateway}/v1`, apiKey });
const google = createGoogleGenerativeAI({ baseURL: `${gateway}/v1beta`, apiKey });
const without = (vendor, title) => vendor === 'chat' && /reasoning/.test(title) && 'the SDK drops what OpenAI does not have, and the gateway forwards what it says';
const clients = {
  'ai-openai-chat': { model: openai.chat, thoughts: false, without, options: { openai: { reasoningEffort: 'medium', forceReasoning: true, systemMessageMode: 'system' } } },
  'ai-openai-responses': { model: openai.responses, options: { openai: { reasoningEffort: 'medium', reasoningSummary: 'auto', forceReasoning: true, store: false, systemMessageMode: 'system' } } },
  'ai-anthropic': { model: createAnthropic({ baseURL: `${gateway}/v1`, apiKey }), options: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2048 } } } },
  'ai-google': { model: (name) => google(`models/${name}`), options: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } } },
  'ai-bedrock': { model: createAmazonBedrock({ baseURL: gateway, apiKey, region: 'us-east-1' }), options: { bedrock: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium', budgetTokens: 2048 } } } },
  'ai-cohere': { model: createCohere({ baseURL: `${gateway}/v2`, apiKey }), options: { cohere: { thinking: { type: 'enabled', tokenBudget: 2048 } } } },
  'ai-compatible': { model: createOpenAICompatible({ name: 'sluice', baseURL: `${gateway}/v1`, apiKey, includeUsage: true, supportsStructuredOutputs: true }), without, options: { sluice: { reasoningEffort: 'medium' } } },
};

function error(err) {
  assert.ok(APICallError.isInstance(err), err.stack);
  return [err.statusCode, `${err.message} ${err.responseBody}`];
}

const toolset = Object.fromEntries(tools.map((t) => [t.name, tool({ description: t.description, inputSchema: jsonSchema(t.schema) })]));

function asker({ model, options }) {
  return ({ text, ...q }) => {
    const call = { model: model(q.model), system, messages: [{ role: 'user', content: text }], maxRetries: 0, maxOutputTokens: 4000 };
    if (q.tools) call.tools = toolset;
    if (q.schema) call.output = Output.object({ schema: jsonSchema(schema), name: 'degrees' });
    if (q.think) call.providerOptions = options;
    return ask(call, q.stream);
  };
}

async function ask(call, stream) {
  const got = stream ? await streamed(call) : await generateText(call);
  const calls = got.toolCalls.map((c) => ({ id: c.toolCallId, name: c.toolName, args: c.input }));
  return {
    text: got.text, thinking: got.reasoningText, calls, tokens: [got.usage.inputTokens, got.usage.outputTokens],
    again: (results) => ask({ ...call, messages: [...call.messages, ...got.response.messages,
      { role: 'tool', content: results.map((value, i) => ({ type: 'tool-result', toolCallId: calls[i].id, toolName: calls[i].name, output: { type: 'text', value } })) }] }, stream),
  };
}

async function streamed(call) {
  let failed;
  const got = streamText({ ...call, onError: (e) => { failed = e.error; } });
  await got.consumeStream();
  if (failed) throw failed;
  const [text, reasoningText, toolCalls, usage, response] = await Promise.all([got.text, got.reasoningText, got.toolCalls, got.usage, got.response]);
  return { text, reasoningText, toolCalls, usage, response };
}

for (const [name, client] of Object.entries(clients)) pairs(name, { ...client, ask: asker(client), error });
