// Every test in one browser: each file has a gateway and a context of its own in it.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { serve } from "./browser.mjs";

const files = readdirSync(".").filter((f) => f.endsWith(".test.mjs")).sort();
const server = await serve();
try {
  // Files wait for the gateway as often as they work, so that there are as many as processors.
  const run = spawn(process.execPath, ["--test", `--test-concurrency=${availableParallelism()}`, "--test-timeout=300000", ...files], { stdio: "inherit", env: { ...process.env, SLUICE_BROWSER: server.wsEndpoint() } });
  process.exitCode = await new Promise((done) => run.on("exit", (code) => done(code ?? 1)));
} finally {
  await server.close();
}
