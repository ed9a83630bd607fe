// Destroys the keys of a workspace's bodies, after what is lost by it was counted and named.
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../../api/client";
import { useAct } from "../../lib/act";
import { useParams } from "../../lib/address";
import { Named } from "../../parts/Named";
import { Failure } from "../../parts/parts";
import { rowsOf } from "./places";

export function Shred({ of: w, onClose }: { of: Schemas["Workspace"]; onClose: () => void }) {
  const [, set] = useParams();
  const held = useQuery({ queryKey: ["erasures", "held", w.id], gcTime: 0, retry: false, queryFn: () => got(api.POST("/api/v1/privacy/shreds", { body: { workspace: w.id, dry_run: true } })) });
  const shred = useAct(() => got(api.POST("/api/v1/privacy/shreds", { body: { workspace: w.id } })), ["erasures", "entries"]);
  const counts = held.data?.counts ?? {};
  const none = held.data !== undefined && !counts.keys;
  return (
    <Named name={w.name} verb="Shred" title={`Shred the keys of ${w.name}`} busy={shred.isPending} disabled={!counts.keys} onClose={onClose} go={() => shred.mutate(undefined, { onSuccess: (e) => set({ tab: "user", erasure: e.id }) })} loses={none || !held.data ? [] : [...rowsOf(counts, true).filter((r) => r.n > 0).map((r) => `${r.label}: ${r.becomes}`), "answers that the cache keeps of the workspace: equal calls are made anew once"]}>
      {held.isError ? <Failure error={held.error} /> : !held.data ? "Counting what would be lost…" : none ? (
        <>No body of its calls is kept under a key, so that there is nothing to shred. With <code>log.encrypt: true</code> a gateway keeps bodies so from then on.</>
      ) : "All keys of its bodies are destroyed, and what they have sealed can be read by nobody any more, also where copies of the files are left. Backups from before still have the sealed keys. This cannot be undone. What is lost:"}
    </Named>
  );
}
