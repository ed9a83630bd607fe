// What people call the keys that calls name by their ids.
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, got } from "../api/client";

export function useKeyNames(): (id: string) => string {
  const keys = useQuery({ queryKey: ["keys", "names"], queryFn: () => got(api.GET("/api/v1/keys", { params: { query: { limit: "500" } } })), staleTime: 60_000 });
  return useCallback((id) => keys.data?.data.find((k) => k.id === id)?.name ?? id, [keys.data]);
}
