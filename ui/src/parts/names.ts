// Names of what calls know by id alone.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, got } from "../api/client";

const most = 100; // keys that are asked for one by one

/** Names keys: those of the newest page, and any other once it is asked for. */
export function useKeyNames(): (id: string) => string {
  const keys = useQuery({ queryKey: ["keys", "names"], queryFn: () => got(api.GET("/api/v1/keys", { params: { query: { limit: "500" } } })), staleTime: 60_000 });
  const more = !!keys.data?.next; // else what is not there is no key
  const [others, setOthers] = useState<string[]>([]);
  const asked = useRef(new Set<string>());
  const named = useQueries({
    queries: others.map((id) => ({ queryKey: ["keys", "name", id], queryFn: () => got(api.GET("/api/v1/keys/{id}", { params: { path: { id } } })), staleTime: Infinity, retry: false })),
    combine: (all) => Object.fromEntries(all.flatMap((q) => (q.data ? [[q.data.id, q.data.name]] : []))) as Record<string, string>,
  });
  useEffect(() => { // what was asked for while the page was drawn
    if (asked.current.size > others.length) setOthers([...asked.current]);
  });
  return useCallback((id) => {
    const known = keys.data?.data.find((k) => k.id === id)?.name ?? named[id];
    if (known === undefined && more && id && asked.current.size < most) asked.current.add(id);
    return known ?? id;
  }, [keys.data, named, more]);
}
