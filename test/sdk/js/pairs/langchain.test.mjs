// LangChain JS, with each of its integrations, but for that of Cohere, which calls the
// first version of its chat.
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatBedrockConverse } from '@langchain/aws';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { ChatOpenAI } from '@langchain/openai';
import { collect, gateway, key, pairs, schema, system, tools } from './scenarios.mjs';

const openai = { apiKey: key, configuration: { baseURL: `${gateway}/v1` }, maxRetries: 0 };
const bedrock = new BedrockRuntimeClient({ region: 'us-east-1', endpoint: gateway, maxAttempts: 1, credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' }, authSchemePreference: ['sigv4'] });
bedrock.middlewareStack.add((next) => (args) => {
  args.request.headers.authorization = `Bearer ${key}`;
  return next(args);
}, { step: 'finalizeRequest', priority: 'low', name: 'bearer' });

// LangChain knows by a model's name whether it thinks, and does not know these names:
// hence modelKwargs. It takes one "models/" from the name of a Gemini model.
const drops = (vendor, title) => vendor === 'chat' && /reasoning/.test(title) && 'LangChain drops what OpenAI does not have, and the gateway forwards what it says';
const clients = {
  'langchain-openai-chat': {
    make: (model, think) => new ChatOpenAI({ model, ...openai, ...(think && { modelKwargs: { reasoning_effort: 'medium' } }) }), thoughts: false, without: drops,
  },
  'langchain-openai-responses': {
    make: (model, think) => new ChatOpenAI({ model, ...openai, useResponsesApi: true, zdrEnabled: true, ...(think && { modelKwargs: { reasoning: { effort: 'medium', summary: 'auto' }, include: ['reasoning.encrypted_content'] } }) }),
  },
  'langchain-anthropic': {
    make: (model, think) => new ChatAnthropic({ model, apiKey: key, anthropicApiUrl: gateway, maxRetries: 0, maxTokens: 4000, ...(think && { thinking: { type: 'enabled', budget_tokens: 2048 } }) }),
    tokens: false, // in streams it takes those of the first event, when a foreign vendor has told none
  },
  'langchain-google': {
    make: (model, think) => new ChatGoogleGenerativeAI({ model: `models/models/${model}`, apiKey: key, baseUrl: gateway, maxRetries: 0, ...(think && { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } }) }),
    ids: false,
    tokens: false, // it leaves out those of thoughts
    without: (vendor, title) => (/reasoning/.test(title) && 'LangChain keeps neither ids nor thoughts')
      || (vendor === 'gemini' && /tools/.test(title) && 'LangChain sends each result in a content of its own, and the gateway forwards what it says'),
  },
  'langchain-aws': {
    make: (model, think) => new ChatBedrockConverse({ model, region: 'us-east-1', client: bedrock, maxRetries: 0, maxTokens: 4000, ...(think && { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } } }) }),
  },
};

const definitions = tools.map((t) => ({ type: 'function', function: { name: t.name, description: t.description, parameters: t.schema } }));

function asker(make) {
  return async ({ model, text, ...q }) => {
    let chat = make(model, q.think);
    const messages = [new SystemMessage(system), new HumanMessage(text)];
    if (q.schema) {
      const got = await chat.withStructuredOutput(schema, { name: 'degrees', method: 'jsonSchema' }).invoke(messages);
      return { text: JSON.stringify(got) };
    }
    if (q.tools) chat = chat.bindTools(definitions);
    return ask(chat, messages, q.stream);
  };
}

async function ask(chat, messages, stream) {
  const got = stream ? (await collect(await chat.stream(messages))).reduce((a, b) => a.concat(b)) : await chat.invoke(messages);
  const calls = got.tool_calls.map((c) => ({ id: c.id, name: c.name, args: c.args }));
  const thoughts = got.contentBlocks.filter((b) => b.type === 'reasoning').map((b) => b.reasoning).join('');
  const { input_tokens: input, output_tokens: output } = got.usage_metadata;
  return {
    text: got.text, thinking: thoughts, calls, tokens: [input, output],
    again: (results) => ask(chat, [...messages, got, ...results.map((content, i) => new ToolMessage({ content, tool_call_id: calls[i].id, name: calls[i].name }))], stream),
  };
}

const status = (err) => err.status ?? err.statusCode ?? err.$metadata?.httpStatusCode ?? err.cause?.status;
const error = (err) => [status(err), err.message];

for (const [name, client] of Object.entries(clients)) pairs(name, { ...client, ask: asker(client.make), error });
