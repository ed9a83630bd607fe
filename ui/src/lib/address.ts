// The state of a view is its address: what is not said there is at its default.
import { useCallback, useMemo } from "react";
import { useLocation, useSearchParams } from "react-router";
import { scopeOf } from "../nav";

export type Period = { range: string; from: Date; to: Date; custom: boolean };

export const ranges: Record<string, { label: string; seconds: number }> = {
  "15m": { label: "Last 15 minutes", seconds: 900 },
  "1h": { label: "Last hour", seconds: 3600 },
  "6h": { label: "Last 6 hours", seconds: 21600 },
  "24h": { label: "Last 24 hours", seconds: 86400 },
  "7d": { label: "Last 7 days", seconds: 604800 },
  "30d": { label: "Last 30 days", seconds: 2592000 },
};

export function useParam(name: string): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setParams((p) => {
        if (value) p.set(name, value);
        else p.delete(name);
        return p;
      }),
    [name, setParams],
  );
  return [params.get(name) ?? "", set];
}

export function useParams(): [URLSearchParams, (change: Record<string, string>) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (change: Record<string, string>) =>
      setParams((p) => {
        for (const [k, v] of Object.entries(change)) {
          if (v) p.set(k, v);
          else p.delete(k);
        }
        return p;
      }),
    [setParams],
  );
  return [params, set];
}

/** The time that the view is about; tick makes it move on. */
export function usePeriod(tick = 0): Period {
  const [params] = useSearchParams();
  const range = params.get("range") ?? "1h";
  const from = params.get("from");
  const to = params.get("to");
  return useMemo(() => {
    void tick;
    const [begin, end] = [new Date(from ?? ""), new Date(to ?? "")];
    if (begin < end) return { range: "custom", from: begin, to: end, custom: true }; // what is no time is as if it was not there
    const seconds = (ranges[range] ?? ranges["1h"]!).seconds;
    const now = new Date();
    return { range, from: new Date(now.getTime() - seconds * 1000), to: now, custom: false };
  }, [range, from, to, tick]);
}

/** The last hour, whatever the address says: of pages that have no time picker. */
export function useLastHour(): Period {
  return useMemo(() => {
    const now = new Date();
    return { range: "1h", from: new Date(now.getTime() - 3_600_000), to: now, custom: false };
  }, []);
}

/**
 * Keeps what all pages share when going to another: time and zone, and the gateway and
 * workspace that they are about. A page that does not show these leaves them out of links
 * with a choice of their own: what it leads to is chosen by what it shows.
 */
export function useLinkTo(): (path: string, extra?: Record<string, string>) => string {
  const { search, pathname } = useLocation();
  return useCallback(
    (path, extra) => {
      const old = new URLSearchParams(search);
      const kept = new URLSearchParams();
      const time = extra?.range || extra?.from ? [] : ["range", "from", "to"]; // a link may choose its own
      for (const k of [...time, "live", "tz"]) if (old.get(k)) kept.set(k, old.get(k)!);
      const shown = scopeOf(pathname);
      for (const k of ["gateway", "workspace"] as const) if (old.get(k) && (!extra || shown.includes(k))) kept.set(k, old.get(k)!);
      for (const [k, v] of Object.entries(extra ?? {})) if (v) kept.set(k, v);
      const s = kept.toString();
      return s ? `${path}?${s}` : path;
    },
    [search, pathname],
  );
}
