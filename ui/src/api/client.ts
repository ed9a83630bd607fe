// The admin API, typed by its own description.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Entry = Schemas["Entry"];
export type EntryDetail = Schemas["EntryDetail"];
export type Session = Schemas["Session"];

/** What every request shows: a token of this tab, or the value that a session's changes need. */
const proof = { token: sessionStorage.getItem("sluice.token") ?? "", csrf: "" };
const lost = new Set<() => void>();

export function setToken(token: string) {
  proof.token = token;
  if (token) sessionStorage.setItem("sluice.token", token);
  else sessionStorage.removeItem("sluice.token");
}

export const hasToken = () => proof.token !== "";

export function setCSRF(value: string) {
  proof.csrf = value;
}

/** Calls fn when an answer says that nobody is signed in any more. */
export function onSignedOut(fn: () => void): () => void {
  lost.add(fn);
  return () => void lost.delete(fn);
}

export function authorize(headers: Headers, method: string) {
  if (proof.token) headers.set("authorization", `Bearer ${proof.token}`);
  else if (method !== "GET" && proof.csrf) headers.set("sluice-csrf", proof.csrf);
}

const auth: Middleware = {
  onRequest({ request }) {
    authorize(request.headers, request.method);
  },
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && !schemaPath.startsWith("/api/v1/auth/")) for (const fn of lost) fn();
  },
};

export const api = createClient<paths>({ baseUrl: location.origin });
api.use(auth);

/** An error that the API told of, or that kept it from telling anything. */
export class APIError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly suggestion: string,
  ) {
    super(message);
  }
}

/** Gives what an answer holds, or throws what it says is wrong. */
export async function got<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let a: Awaited<typeof answer>;
  try {
    a = await answer;
  } catch {
    throw new APIError("The gateway does not answer. Is it running, and can this browser reach its admin listener?", 0, "unreachable", "");
  }
  if (a.response.ok) return a.data as T;
  const e = (a.error as Schemas["ErrorAnswer"] | undefined)?.error;
  throw new APIError(e?.message ?? `The gateway answered ${a.response.status}.`, a.response.status, e?.code ?? "", e?.details?.suggestion ?? "");
}
