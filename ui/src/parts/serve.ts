// Where applications reach the gateway.
import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import { useAuth } from "../api/session";

type Document = { server?: { listen?: string; tls?: unknown } };

/** The data plane's address as this browser would reach it; the usual port when nobody tells. */
export function useDataPlane(): string {
  const { who } = useAuth();
  const config = useQuery({ queryKey: ["config"], queryFn: () => got(api.GET("/api/v1/config")), enabled: who?.admin === true, staleTime: 60_000 });
  const server = (config.data?.config as Document | undefined)?.server;
  const [, host = "", port = "8080"] = /^(.*):(\d+)$/.exec(server?.listen ?? "") ?? [];
  const open = host === "" || host === "0.0.0.0" || host === "[::]" || host === "::";
  return `${server?.tls ? "https" : "http"}://${open ? location.hostname : host}:${port}`;
}

export const curlFor = (base: string, key: string) =>
  `curl ${base}/v1/chat/completions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hello"}]}'`;
