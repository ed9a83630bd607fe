import assert from 'node:assert/strict';
import { ApiError, GoogleGenAI } from '@google/genai';
import { collect, gateway, key, pairs, schema, system, tools } from './scenarios.mjs';

const { models } = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: gateway } });

function error(err) {
  assert.ok(err instanceof ApiError, err.stack);
  return [err.status, err.message];
}

function ask({ model, text, ...q }) {
  const config = { systemInstruction: system };
  if (q.tools) config.tools = [{ functionDeclarations: tools.map((t) => ({ name: t.name, description: t.description, parametersJsonSchema: t.schema })) }];
  if (q.schema) Object.assign(config, { responseMimeType: 'application/json', responseJsonSchema: schema });
  if (q.think) config.thinkingConfig = { includeThoughts: true, thinkingBudget: 2048 };
  return send({ model, config, contents: [{ role: 'user', parts: [{ text }] }] }, q.stream);
}

async function send(body, stream) {
  const chunks = stream ? await collect(await models.generateContentStream(body)) : [await models.generateContent(body)];
  const parts = chunks.flatMap((c) => c.candidates?.[0]?.content?.parts ?? []);
  const said = (thought) => parts.filter((p) => !p.functionCall && !!p.thought === thought).map((p) => p.text ?? '').join('');
  const calls = parts.filter((p) => p.functionCall).map(({ functionCall: c }) => ({ id: c.id, name: c.name, args: c.args ?? {} }));
  assert.equal(chunks.at(-1).candidates[0].finishReason, 'STOP');
  const usage = chunks.at(-1).usageMetadata;
  return {
    text: said(false), thinking: said(true), calls, tokens: [usage.promptTokenCount, (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0)],
    again: (results) => send({ ...body, contents: [...body.contents, { role: 'model', parts },
      { role: 'user', parts: results.map((output, i) => ({ functionResponse: { id: calls[i].id, name: calls[i].name, response: { output } } })) }] }, stream),
  };
}

pairs('google', { ask, error });
