import { Box, Button, Card, Group, Select, Stack, Switch, Text, TextInput, Tooltip } from "@mantine/core";
import { IconActivity, IconFilterOff, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, type Entry, got } from "../api/client";
import { tail } from "../api/tail";
import { type Period, useParams, usePeriod } from "../lib/address";
import { at as exactly } from "../lib/format";
import { Call } from "../parts/Call";
import { isRequestID } from "../parts/Palette";
import { Chip, Empty, Failure, Goto, PageTitle, Snippet, Waiting } from "../parts/parts";
import { AddFilter } from "./logs/AddFilter";
import { chosenOf, choices, filters, isFilter, labelOf, metadataFilter } from "./logs/filters";
import { Rows } from "./logs/Rows";
import { curlFor, useDataPlane } from "../parts/serve";

/** A filter in words; one with ! before it excludes. */
const said = (name: string, value: string) => (value === "!" ? `${labelOf(name)}: any` : value.startsWith("!") ? `${labelOf(name)}: not ${value.slice(1)}` : `${labelOf(name)}: ${value}`);

export default function Logs() {
  const [params, set] = useParams();
  const period = usePeriod();
  const chosen = useMemo(() => chosenOf(params), [params]);
  const id = params.get("call") ?? "";
  const following = params.get("tail") === "1" && !chosen.search && !period.custom; // new calls are not indexed yet, and lie in no time that is over
  const list = useCalls(period, chosen);
  const back = useLookingBack(list);
  const live = useTail(chosen, following);
  const rows = useMemo(() => {
    const old = list.data?.pages.flatMap((p) => p.data.filter((e): e is Entry => !!e)) ?? [];
    const known = new Set(live.rows.map((e) => e.id));
    return [...live.rows, ...old.filter((e) => !known.has(e.id))];
  }, [list.data, live.rows]);
  const open = useCallback((call: string) => set({ call }), [set]);
  const at = useStep(rows, id, open);

  return (
    <>
      <PageTitle title="Logs" says="Every call, newest first. A click on a value keeps only calls like it; the sign beside it leaves them out.">
        <Tooltip label={period.custom ? "No call comes in a time that is over" : chosen.search ? "What was just said is not searched yet" : "New calls appear as they come; scrolling down holds them back"} withArrow>
          <Switch label="Live tail" checked={following} disabled={period.custom || !!chosen.search} onChange={(e) => set({ tail: e.currentTarget.checked ? "1" : "" })} />
        </Tooltip>
      </PageTitle>
      <Filters chosen={chosen} set={set} />
      {chosen.search && list.data?.pages[0]?.search && <Text size="sm" c="dimmed" mb="xs">{list.data.pages[0].search.lag_s > 1 ? `What was said in the last ${Math.ceil(list.data.pages[0].search.lag_s)} s is not searched yet.` : "Everything that was kept is searched, but for what gateways keep under a key (log.encrypt)."} Words, "words in a row", begin* and -word are understood.</Text>}
      {live.error && <Text size="sm" c="dimmed" mb="xs">{live.error}</Text>}
      {live.held > 0 && <Button fullWidth size="xs" variant="light" mb="xs" onClick={live.release}>{live.held} new calls</Button>}
      {list.isError ? <Failure error={list.error} retry={() => void list.refetch()} /> : !list.data ? <Waiting rows={10} /> : rows.length === 0 && !back.until ? <None filtered={Object.keys(chosen).length > 0} clear={() => set(Object.fromEntries(Object.keys(chosen).map((k) => [k, ""])))} /> : (
        <Card withBorder padding={0}>
          {list.data.pages[0]?.partial && <Text size="sm" p="sm" c="dimmed">{list.data.pages[0].warning}</Text>}
          <Rows rows={rows} chosen={id} at={at} open={open} only={(k, v) => set({ [k]: v })} />
          {back.until ? <Box p="sm" role="status"><Text size="sm" c="dimmed" mb="xs">Few calls match. Every call since {exactly(back.until)} was looked at.</Text><Button fullWidth variant="default" onClick={back.going ? back.stop : back.go}>{back.going ? "Looking further back… stop here" : "Look further back"}</Button></Box> : list.hasNextPage && <Box p="sm"><Button fullWidth variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Show older calls</Button></Box>}
        </Card>
      )}
      <Call id={id} returnFocus={false} onClose={() => set({ call: "" })} />
    </>
  );
}

function useCalls(period: Period, chosen: Record<string, string>) {
  return useInfiniteQuery({
    queryKey: ["entries", period.range, period.custom && period.from.toISOString(), period.custom && period.to.toISOString(), chosen],
    queryFn: ({ pageParam, signal }) => got(api.GET("/api/v1/entries", { signal, params: { query: { ...chosen, from: period.from.toISOString(), ...(period.custom ? { to: period.to.toISOString() } : {}), limit: "100", ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    refetchOnWindowFocus: false,
  });
}

/** How long a rare call is looked for before the reader is asked, in ms. */
const lookTime = 10_000;

/** Pages that end early, since few calls match, are followed by the next one until there is something to read. */
function useLookingBack(list: ReturnType<typeof useCalls>) {
  const pages = list.data?.pages;
  const until = list.hasNextPage ? pages?.[pages.length - 1]?.searched_to : undefined;
  const enough = (pages ?? []).reduce((n, p) => n + p.data.length, 0) >= 100;
  const [since, setSince] = useState(0); // when looking began; 0 = it has been stopped
  const first = pages?.[0];
  useEffect(() => setSince(first ? Date.now() : 0), [first]);
  const going = !!until && (list.isFetchingNextPage || (!enough && since > 0));
  const { fetchNextPage, isFetchingNextPage, isError } = list;
  useEffect(() => {
    if (!until || isFetchingNextPage || isError || enough || since === 0) return;
    if (Date.now() - since > lookTime) setSince(0);
    else void fetchNextPage();
  }, [until, isFetchingNextPage, isError, enough, since, fetchNextPage]);
  const go = () => { setSince(enough ? 0 : Date.now()); void fetchNextPage(); };
  return { until, going, go, stop: () => setSince(0) };
}

const keptRows = 300;

/** Follows new calls; while the reader has scrolled down they are held back. */
function useTail(chosen: Record<string, string>, on: boolean) {
  const [rows, setRows] = useState<Entry[]>([]);
  const [held, setHeld] = useState<Entry[]>([]);
  const [error, setError] = useState("");
  const query = new URLSearchParams(chosen).toString();
  const release = useCallback(() => {
    window.scrollTo({ top: 0 });
    setHeld((waiting) => {
      setRows((now) => merged(waiting, now));
      return [];
    });
  }, []);
  useEffect(() => {
    setRows([]);
    setHeld([]);
    setError("");
    if (!on) return;
    const stop = new AbortController();
    const each = (e: Entry) => (window.scrollY > 80 ? setHeld : setRows)((now) => merged([e], now));
    tail(new URLSearchParams(query), stop.signal, each).then(
      () => setError("The live tail has ended; switch it on again to go on."),
      (e: unknown) => stop.signal.aborted || setError(e instanceof Error ? e.message : "The live tail broke off."),
    );
    return () => stop.abort();
  }, [on, query]);
  return { rows, held: held.length, release, error };
}

/** The newest first; one that came again replaces what it was. */
function merged(fresh: Entry[], old: Entry[]): Entry[] {
  const ids = new Set(fresh.map((e) => e.id));
  return [...fresh, ...old.filter((e) => !ids.has(e.id))].slice(0, keptRows);
}

/** j and k go through the calls: from call to call while one is open, else from row to row; Enter opens the row's. */
function useStep(rows: Entry[], id: string, open: (id: string) => void): string {
  const [at, setAt] = useState("");
  useEffect(() => { if (id) setAt(id); }, [id]);
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
      if ((e.key !== "j" && e.key !== "k") || e.ctrlKey || e.metaKey || e.altKey) return;
      const i = rows.findIndex((r) => r.id === (at || id));
      const next = rows[e.key === "j" ? i + 1 : Math.max(0, i - 1)];
      if (!next) return;
      setAt(next.id); // the address, and id with it, follows some time after
      if (id) open(next.id);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [rows, id, at, open]);
  return at;
}

/** Filters as they are written into the search: model:chat, metadata.team:"the red". */
const written = /[\w.-]+:("[^"]*"|\S+)/g;

function Filters({ chosen, set }: { chosen: Record<string, string>; set: (c: Record<string, string>) => void }) {
  const [text, setText] = useState("");
  const [adding, setAdding] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    const words = text.trim();
    if (!words) return;
    if (isRequestID(words)) set({ call: words });
    else {
      const change: Record<string, string> = {};
      for (const word of words.match(written) ?? []) {
        const [, name = "", value = ""] = /^([\w.-]+):"?(.*?)"?$/.exec(word) ?? [];
        if (isFilter(name)) change[name] = value;
      }
      const rest = words.replace(written, (all) => (isFilter(all.slice(0, all.indexOf(":"))) ? "" : all)).trim();
      if (rest) change.search = rest;
      set(change);
    }
    setText("");
  };
  const add = (name: string, value: string) => {
    if (value) set(name === "metadata" ? metadataFilter(value) : { [name]: value });
    setAdding("");
  };
  return (
    <Stack gap="xs" mb="md">
      <Group gap="xs" align="flex-start">
        <form onSubmit={submit} className="grow">
          <TextInput ref={input} data-search placeholder="What was said, status:5xx model:chat, or a request id  ( / )" aria-label="Search and filter calls" leftSection={<IconSearch size={16} />} value={text} onChange={(e) => setText(e.currentTarget.value)} onKeyDown={(e) => e.key === "Escape" && input.current?.blur()} />
        </form>
        <AddFilter chosen={chosen} add={setAdding} />
      </Group>
      {(Object.keys(chosen).length > 0 || adding) && (
        <Group gap="xs">
          {Object.entries(chosen).map(([k, v]) => (
            <Chip key={k} label={said(k, v)} remove={() => set({ [k]: "" })} />
          ))}
          {adding && (choices[adding] ? (
            <Select size="xs" w={180} autoFocus defaultDropdownOpened data={choices[adding].map((v) => ({ value: v, label: v === "!" ? "any" : v }))} placeholder={filters[adding]} aria-label={filters[adding]} onChange={(v) => add(adding, v ?? "")} />
          ) : (
            <TextInput size="xs" w={220} autoFocus placeholder={filters[adding] ?? "Metadata: key=value"} aria-label={filters[adding] ?? "Metadata: key=value"} onBlur={(e) => add(adding, e.currentTarget.value.trim())} onKeyDown={(e) => (e.key === "Enter" ? add(adding, e.currentTarget.value.trim()) : e.key === "Escape" && setAdding(""))} />
          ))}
        </Group>
      )}
    </Stack>
  );
}

function None({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const base = useDataPlane();
  if (filtered) return <Empty icon={IconFilterOff} title="No call matches in this time"><Group justify="center"><Button variant="default" onClick={clear}>Take all filters away</Button></Group></Empty>;
  return (
    <Empty icon={IconActivity} title="No calls in this time">
      <Stack gap="sm">
        <Text ta="center" c="dimmed">Choose a longer time above, or send a call with a key from <Goto to="/keys">Keys</Goto>:</Text>
        <Snippet text={curlFor(base, "sk-sluice-…")} />
      </Stack>
    </Empty>
  );
}
