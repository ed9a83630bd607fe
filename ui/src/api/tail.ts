// New calls, as they come.
import { authorize, type Entry } from "./client";

/** Follows new calls until the signal; throws when the stream breaks. */
export async function tail(query: URLSearchParams, signal: AbortSignal, each: (e: Entry) => void) {
  const headers = new Headers({ accept: "text/event-stream" });
  authorize(headers, "GET");
  const answer = await fetch(`/api/v1/entries/tail?${query}`, { headers, signal });
  if (!answer.ok || !answer.body) throw new Error(`The live tail answered ${answer.status}.`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split(/\r?\n\r?\n/);
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = event.split(/\r?\n/).filter((l) => l.startsWith("data:")).map((l) => l.slice(5)).join("\n");
      if (data && /^event: ?entry$/m.test(event)) each(JSON.parse(data) as Entry);
    }
  }
}
