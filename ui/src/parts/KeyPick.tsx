// Chooses a key by what one types of its name: the server looks, so that none is out of reach.
import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../api/client";
import { useKeyNames } from "./names";

export function KeyPick({ value, onChange, width = 180 }: { value: string; onChange: (id: string) => void; width?: number }) {
  const nameOf = useKeyNames();
  const [text, setText] = useState("");
  const [wanted] = useDebouncedValue(text, 150);
  const found = useQuery({ queryKey: ["keys", "pick", wanted], queryFn: () => got(api.GET("/api/v1/keys", { params: { query: { limit: "20", ...(wanted ? { q: wanted } : {}) } } })), placeholderData: keepPreviousData });
  const data = (found.data?.data ?? []).map((k) => ({ value: k.id, label: k.name || k.hint }));
  if (value && !data.some((d) => d.value === value)) data.unshift({ value, label: nameOf(value) });
  return <Select size="xs" w={width} label="Key" placeholder="Any" searchable clearable clearButtonProps={{ "aria-label": "Any key" }} nothingFoundMessage="No key is called so" filter={({ options }) => options} data={data} value={value || null} onSearchChange={(t) => setText(data.some((d) => d.label === t) ? "" : t)} onChange={(v) => onChange(v ?? "")} />;
}
