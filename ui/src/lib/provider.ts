// A provider as it is written into the configuration, and tried.
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../api/client";

export type Kind = Schemas["Kind"];
export type NewProvider = { kind: string; name: string; baseURL: string; keyFrom: "here" | "env" | "none"; key: string; env: string; region: string; project: string };

export const noProvider: NewProvider = { kind: "", name: "", baseURL: "", keyFrom: "here", key: "", env: "", region: "", project: "" };

export function useKinds() {
  return useQuery({ queryKey: ["kinds"], queryFn: () => got(api.GET("/api/v1/kinds")), staleTime: Infinity });
}

/** What is written below providers.NAME; the key itself never is. */
export function providerYAML(p: NewProvider): Record<string, unknown> {
  return {
    ...(p.name !== p.kind ? { kind: p.kind } : {}),
    ...(p.baseURL.trim() ? { base_url: p.baseURL.trim() } : {}),
    ...(p.region.trim() ? { region: p.region.trim() } : {}),
    ...(p.project.trim() ? { project: p.project.trim() } : {}),
    ...(p.keyFrom === "env" ? { api_key: `env:${p.env.trim()}` } : {}),
  };
}

const nameForm = /^[a-z0-9][a-z0-9_-]{0,62}$/i;
export const badName = (name: string, taken: string[]): string => (!nameForm.test(name) ? "Letters, digits, - and _, beginning with a letter or digit." : taken.includes(name) ? "There is one of this name already." : "");

/** What is missing, by field. */
export function missing(p: NewProvider, kind: Kind | undefined, taken: string[]): Partial<Record<keyof NewProvider, string>> {
  const out: Partial<Record<keyof NewProvider, string>> = {};
  if (!kind) out.kind = "Choose the vendor.";
  const name = badName(p.name, taken);
  if (name) out.name = name;
  if (kind?.needs_base_url && !p.baseURL.trim()) out.baseURL = "Where it is, such as http://127.0.0.1:11434/v1.";
  else if (p.baseURL.trim() && !/^https?:\/\/[^\s/]+/.test(p.baseURL.trim())) out.baseURL = "An address begins with http:// or https://.";
  if (kind?.needs_region && !p.region.trim() && !p.baseURL.trim()) out.region = "Needed, such as eu-west-1.";
  if (kind?.needs_project && !p.project.trim()) out.project = "Needed.";
  if (p.keyFrom === "here" && !p.key.trim()) out.key = "The vendor's key.";
  if (p.keyFrom === "env" && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(p.env.trim())) out.env = "The variable's name, such as OPENAI_API_KEY.";
  return out;
}

/** Whether a problem is that a new provider has no credential, which it gets once it is in force. */
export const getsItsKey = (p: NewProvider) => (problem: { path?: string; message: string }) => p.keyFrom === "here" && p.key.trim() !== "" && problem.path === `providers.${p.name}` && problem.message.startsWith("no credential");

/** Keeps a new provider's key, sealed, once the provider is in force. */
export async function keepKey(p: NewProvider) {
  if (p.keyFrom !== "here" || !p.key.trim()) return;
  const there = await got(api.GET("/api/v1/credentials", { params: { query: { provider: p.name, name: "default" } } }));
  const old = there.data.find((c) => c.workspace === "");
  if (old) await got(api.PATCH("/api/v1/credentials/{id}", { params: { path: { id: old.id } }, body: { api_key: p.key.trim() } }));
  else await got(api.POST("/api/v1/credentials", { body: { provider: p.name, name: "default", api_key: p.key.trim() } as never }));
}

export type Trial = Schemas["Trial"];
export type What = { provider: string; model?: string; credential?: string; workspace?: string };

export const tryProvider = ({ provider, ...body }: What): Promise<Trial> => got(api.POST("/api/v1/providers/{name}/test", { params: { path: { name: provider } }, body: body as never }));

const notForTalk = /embed|moderation|whisper|tts|speech|audio|image|dall|realtime|transcri|rerank|video|sora|imagen|veo|guard|ocr|error|flaky|slow/i;

/** A model to begin with: one that converses, as far as its name tells. */
export const firstOf = (models: string[]): string => models.find((m) => /\/chat$/.test(m)) ?? models.find((m) => !notForTalk.test(m)) ?? models[0] ?? "";
