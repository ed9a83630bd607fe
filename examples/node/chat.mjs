// npm install openai @anthropic-ai/sdk @google/genai
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";

const url = process.env.SLUICE_URL ?? "http://127.0.0.1:8080";
const key = process.env.SLUICE_KEY;

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key });
const stream = await openai.chat.completions.create({
  model: "sandbox/chat",
  messages: [{ role: "user", content: "Hello from OpenAI's SDK" }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
console.log();

const anthropic = new Anthropic({ baseURL: url, apiKey: key });
const message = await anthropic.messages.create({
  model: "sandbox/chat",
  max_tokens: 100,
  messages: [{ role: "user", content: "Hello from Anthropic's SDK" }],
});
console.log(message.content[0].text);

const gemini = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
const answer = await gemini.models.generateContent({ model: "sandbox/chat", contents: "Hello from Google's SDK" });
console.log(answer.text);
