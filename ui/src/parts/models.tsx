// Models to choose from: the first page of them, and whatever one types, found on the server.
import { Select, type SelectProps, TagsInput, type TagsInputProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, got, type Schemas } from "../api/client";

const page = 500;

/** The models of the first page, and behind them those that text finds where there are more. */
export function useModels(text = "", enabled = true): Schemas["Model"][] {
  const first = useQuery({ queryKey: ["models", "all"], queryFn: () => got(api.GET("/api/v1/models", { params: { query: { limit: String(page) } } })), staleTime: 60_000, enabled });
  const [wanted] = useDebouncedValue(text.trim(), 150);
  const found = useQuery({ queryKey: ["models", "find", wanted], queryFn: () => got(api.GET("/api/v1/models", { params: { query: { limit: "50", q: wanted } } })), staleTime: 60_000, placeholderData: keepPreviousData, enabled: enabled && wanted !== "" && !!first.data?.next });
  return useMemo(() => {
    const all = first.data?.data ?? [];
    const known = new Set(all.map((m) => m.model));
    return [...all, ...(found.data?.data ?? []).filter((m) => !known.has(m.model))];
  }, [first.data, found.data]);
}

const namesOf = (before: string[], models: Schemas["Model"][]) => [...new Set([...before, ...models.map((m) => m.model)])];

/** One model; names stand before those that the gateway knows. */
export function ModelSelect({ names = [], without = [], ...rest }: Omit<SelectProps, "data"> & { names?: string[]; without?: string[] }) {
  const [text, setText] = useState("");
  const data = namesOf([...names, ...(rest.value ? [rest.value] : [])], useModels(text === rest.value ? "" : text)).filter((n) => !without.includes(n));
  return <Select searchable limit={50} {...rest} data={data} onSearchChange={setText} />;
}

/** Several models; names stand before those that the gateway knows, and made are made of them. */
export function ModelTags({ names = [], made, ...rest }: Omit<TagsInputProps, "data"> & { names?: string[]; made?: (models: string[]) => string[] }) {
  const [text, setText] = useState("");
  const models = useModels(text);
  const data = namesOf([...names, ...(made?.(models.map((m) => m.model)) ?? [])], models);
  return <TagsInput limit={30} {...rest} data={data} onSearchChange={setText} />;
}
