// Limits and budgets by what people understand: their name, or what they limit where they have none.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { api, got } from "../api/client";
import { saysRule } from "../lib/rules";

/** Where a rule is looked for: calls name one as its gateway does, and one of their key as key/…. */
export type RuleOf = { gateway?: string; key?: string };

const placed = /\[\d+\]/; // the name is only the rule's place in a list

const staleTime = 60_000;

/**
 * Tells of a rule what it limits when it has no name but its place; its path where that is
 * not known. Rules are asked for only when one of the paths that are shown needs it.
 */
export function useRuleNames(paths: string[]): (path: string, of?: RuleOf) => string {
  const enabled = paths.some((p) => placed.test(p));
  const limits = useQuery({ queryKey: ["limits", "names"], queryFn: () => got(api.GET("/api/v1/limits")), staleTime, enabled });
  const budgets = useQuery({ queryKey: ["budgets", "names"], queryFn: () => got(api.GET("/api/v1/budgets")), staleTime, enabled });
  const keys = useQuery({ queryKey: ["keys", "names"], queryFn: () => got(api.GET("/api/v1/keys", { params: { query: { limit: "500" } } })), staleTime, enabled });
  const said = useMemo(() => {
    const all = new Map<string, string>();
    for (const r of [...(limits.data?.data ?? []), ...(budgets.data?.data ?? [])]) all.set(r.id, saysRule(r.rule));
    for (const k of keys.data?.data ?? []) for (const r of k.limits) all.set(`key/${k.id}/${r.name}`, saysRule(r));
    return all;
  }, [limits.data, budgets.data, keys.data]);
  return useCallback((path, of = {}) => (placed.test(path) ? (find(said, path, of) ?? path) : path), [said]);
}

function find(said: Map<string, string>, path: string, { gateway, key }: RuleOf): string | undefined {
  return said.get(path) ?? said.get(path.startsWith("key/") ? `key/${key}/${path.slice(4)}` : `gateway/${gateway}/${path}`);
}
