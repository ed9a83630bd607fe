// The run of an agent: a session of two traces, with spans, tools and an error.
import { call } from "./gateway.mjs";

const trace = (n) => `4bf92f3577b34da6a3ce929d0e0e473${n}`;

/** runs makes the session agent-1: five calls of one trace in two spans, two of another. */
export async function runs(gateway) {
  const one = (t, span, text, model = "sandbox/chat", more = {}) => call(gateway, "/v1/chat/completions", { model, messages: [{ role: "user", content: text }], ...more }, { "x-session-id": "agent-1", traceparent: `00-${trace(t)}-00f067aa0ba902${span}-01`, "sluice-cache": "no-store" });
  await one(1, "aa", "Plan the work of today.");
  await one(1, "aa", "Which order is late?");
  await one(1, "bb", "Look order 4711 up.", "support");
  await one(1, "bb", "Look order 4712 up.", "sandbox/error-500");
  await one(1, "bb", "Sum up what was found.", "sandbox/long");
  await one(2, "cc", "Write to the customer.", "sandbox/chat", { user: "ann" });
  await one(2, "cc", "Shorter, please.", "sandbox/chat", { user: "ann" });
}
