import { Button, Card, Group, SegmentedControl, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAct } from "../lib/act";
import { useParam, useParams } from "../lib/address";
import { useMay } from "../lib/may";
import { Named } from "../parts/Named";
import { Empty, Failure, PageTitle, Snippet, Waiting } from "../parts/parts";
import { Rotate, Shown, type Secret } from "./keys/dialogs";
import { KeyForm } from "./keys/Form";
import { KeyTable } from "./keys/Table";

type Key = Schemas["Key"];

export const keyPage = 50;

export default function Keys() {
  const may = useMay();
  const [state, setState] = useParam("state");
  const [search, setSearch] = useParam("q");
  const [workspace] = useParam("workspace"); // the frame has its choice
  const [, set] = useParams();
  const [open] = useParam("key");
  const [making, setMaking] = useParam("new");
  const [wanted] = useDebouncedValue(search.trim(), 250);
  const [secret, setSecret] = useState<Secret | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const [rotating, setRotating] = useState<Key | null>(null);
  const filters = { ...(wanted ? { q: wanted } : {}), ...(state === "all" ? {} : { state: state || "active" }), ...(workspace ? { workspace } : {}) };
  const keys = useInfiniteQuery({
    queryKey: ["keys", "list", filters],
    queryFn: ({ pageParam }) => got(api.GET("/api/v1/keys", { params: { query: { limit: String(keyPage), ...filters, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "", getNextPageParam: (last) => last.next || undefined, placeholderData: keepPreviousData,
  });
  const revoke = useAct((k: Key) => got(api.DELETE("/api/v1/keys/{id}", { params: { path: { id: k.id } } })), ["keys"], () => "Revoked: it is valid nowhere any more.");
  const rows = keys.data?.pages.flatMap((p) => p.data) ?? [];
  const narrowed = !!wanted || !!state || !!workspace;
  const create = may.edit() && <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking("1")}>Create a key</Button>;
  return (
    <>
      <PageTitle title="Keys" says="What applications show to be let in. A secret is shown once; only a hash of it is kept.">
        {create || <Text size="sm" c="dimmed">Viewers do not create keys: an editor of the workspace does.</Text>}
      </PageTitle>
      <Group mb="md" gap="xs">
        <TextInput data-search className="grow" maw={360} placeholder="Name, owner, tag, secret’s beginning  ( / )" aria-label="Search keys" value={search} onChange={(e) => setSearch(e.currentTarget.value)} />
        <SegmentedControl size="xs" aria-label="Which keys" value={state} onChange={setState}
          data={[{ value: "", label: "In use" }, { value: "disabled", label: "Off" }, { value: "expired", label: "Expired" }, { value: "revoked", label: "Revoked" }, { value: "all", label: "All" }]} />
      </Group>
      {keys.isError ? <Failure error={keys.error} retry={() => void keys.refetch()} /> : !keys.data ? <Waiting rows={8} height={44} /> : rows.length === 0 ? (
        <Empty icon={IconKey} title={narrowed ? "No key is like that" : "No keys yet"}>
          {narrowed ? <Group justify="center"><Button variant="default" onClick={() => set({ q: "", state: "", workspace: "" })}>Show all keys in use</Button></Group> : (
            <>
              <Text ta="center" c="dimmed" mb="sm">Every application gets one of its own, so that its use, spend and limits are told apart. Here, or:</Text>
              <Snippet text="sluice keys create --name shop" />
              <Group justify="center" mt="md">{create}</Group>
            </>
          )}
        </Empty>
      ) : (
        <Card withBorder padding={0}>
          <KeyTable rows={rows} revoke={setRevoking} rotate={setRotating} />
          {keys.hasNextPage && <Group p="sm"><Button fullWidth variant="default" loading={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>Show older keys</Button></Group>}
        </Card>
      )}
      <KeyForm opened={making === "1" || !!open} id={making === "1" ? "" : open} onClose={() => set({ new: "", key: "" })} done={setSecret} revoke={setRevoking} rotate={setRotating} />
      <Shown secret={secret} onClose={() => setSecret(null)} />
      <Rotate target={rotating} onClose={() => setRotating(null)} done={setSecret} />
      <Named name={revoking?.name ?? null} verb="Revoke" busy={revoke.isPending} onClose={() => setRevoking(null)} go={() => revoking && revoke.mutate(revoking, { onSuccess: () => { setRevoking(null); set({ key: "" }); } })}
        loses={["Every application that uses it is refused from the next call on, on every node.", "Its secret never works again: a new key is needed.", ...(revoking?.limits.length ? [`Its ${revoking.limits.length} limits and budgets go with it.`] : [])]}>
        This cannot be undone; switching the key off can. What it did stays in the logs and figures.
      </Named>
    </>
  );
}
