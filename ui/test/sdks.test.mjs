// The playground's calls as code for each SDK, run against stand-ins.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { load } from "./load.mjs";
import { noPython, runPython, runTypeScript } from "./stands.mjs";

const { leftOut, sdks, snippet } = await load("lib/sdks.ts");

const call = (params) => ({ base: "http://gw:8080", gateway: "team-a", model: "sandbox/chat", system: "Be short.", messages: [{ role: "user", content: "It's me" }], tools: [], params });

const run = (sdk, text) => (sdk.endsWith("-py") ? runPython(text) : runTypeScript(text));

/** What the headers of a call are, wherever its SDK puts them. */
const headersOf = (told) => told.body.config?.http_options?.headers ?? told.body.config?.httpOptions?.headers ?? told.headers;

for (const { value: sdk } of sdks)
  for (const whole of [true, false])
    for (const cache of ["no-cache", "no-store", undefined])
      test(`${sdk}, ${whole ? "whole" : "streamed"}, asks ${cache ?? "nothing"} of the cache`, { skip: sdk.endsWith("-py") && noPython }, async () => {
        const text = snippet(sdk, call({ whole, cache, temperature: 0.5 }));
        const want = cache ? { "sluice-cache": cache } : {};
        if (sdk === "curl") {
          const args = execFileSync("sh", ["-c", `curl() { for a; do printf '%s\\0' "$a"; done; }; ${text}`], { env: { SLUICE_KEY: "sk-test", PATH: process.env.PATH } }).toString().split("\0");
          assert.equal(args.includes(`sluice-cache: ${cache}`), cache !== undefined);
          assert.equal(args.includes("http://gw:8080/gateways/team-a/v1/chat/completions"), true);
          const body = JSON.parse(args[args.indexOf("-d") + 1]);
          assert.deepEqual([body.model, body.temperature, body.cache], ["sandbox/chat", 0.5, undefined]);
          return;
        }
        const told = await run(sdk, text);
        assert.deepEqual(headersOf(told), want);
        assert.equal(told.body.model, "sandbox/chat");
        assert.equal(told.body.cache, undefined);
        assert.equal(told.base, `http://gw:8080/gateways/team-a${sdk.startsWith("openai") ? "/v1" : ""}`);
      });

test("what an API has no words for is said", () => {
  assert.deepEqual(leftOut("anthropic-py", { seed: 7, json: true, temperature: 1, cache: "no-cache" }), ["seed", "answers in JSON"]);
  assert.deepEqual(leftOut("google-ts", { seed: 7, json: true, reasoning_effort: "low" }), ["reasoning effort"]);
  assert.deepEqual(leftOut("openai-ts", { seed: 7, json: true, reasoning_effort: "low" }), []);
  assert.deepEqual(leftOut("anthropic-ts", { json: false }), []);
});

test("Google's SDK is told penalties and which tools may be called", async () => {
  const told = await runTypeScript(snippet("google-ts", { ...call({ whole: true, presence_penalty: 0.1, frequency_penalty: 0.2, tool_choice: "required" }), tools: [{ type: "function", function: { name: "weather" } }] }));
  const { presencePenalty, frequencyPenalty, toolConfig } = told.body.config;
  assert.deepEqual([presencePenalty, frequencyPenalty, toolConfig], [0.1, 0.2, { functionCallingConfig: { mode: "ANY" } }]);
});
