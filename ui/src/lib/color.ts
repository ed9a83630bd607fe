// Colours that mean something, and one for each name that is the same on every page.
// Told apart without colour vision (Okabe and Ito, https://jfly.uni-koeln.de/color/).
const names = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#9a9b1f", "#3f8f8f", "#b07a52"];

function place(name: string): number {
  let h = 2166136261;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 16777619);
  return (h >>> 0) % names.length;
}

// What was given stays so in this browser, whatever comes first the next time.
const kept = "sluice.colors";
const given = new Map<string, number>(remembered());

function remembered(): [string, number][] {
  try {
    const all = Object.entries(JSON.parse(localStorage.getItem(kept) ?? "{}") as Record<string, number>);
    return all.length > 500 ? [] : all.filter(([, at]) => names[at]);
  } catch {
    return [];
  }
}

/** Gives a name the colour that it hashes to, or the next one that no other name has. */
export function colorOf(name: string): string {
  let at = given.get(name);
  if (at === undefined) {
    const taken = new Set(given.values());
    at = place(name);
    for (let i = 0; i < names.length && taken.has(at); i++) at = (at + 1) % names.length;
    given.set(name, at);
    localStorage.setItem(kept, JSON.stringify(Object.fromEntries(given)));
  }
  return names[at]!;
}

/** Gives each of a chart's names its colour; where two have the same, the later one gets another that the chart has least of. */
export function colorsOf(all: string[]): Map<string, string> {
  const chosen = new Map<string, string>();
  const clash: string[] = [];
  const uses = new Map(names.map((c) => [c, 0]));
  const use = (name: string, color: string) => {
    uses.set(color, (uses.get(color) ?? 0) + 1);
    chosen.set(name, color);
  };
  for (const name of new Set(all)) {
    const own = colorOf(name);
    if (uses.get(own)) clash.push(name);
    else use(name, own);
  }
  for (const name of clash) use(name, names.reduce((least, c) => (uses.get(c)! < uses.get(least)! ? c : least)));
  return chosen;
}

/** How often a series' colour stands in its chart already: there are ten, and a chart may have more series. */
export const repeats = (series: { color: string; dash?: number[]; beside?: boolean }[]): number[] =>
  series.map((s, i) => (s.beside || s.dash ? 0 : series.slice(0, i).filter((o) => o.color === s.color && !o.beside && !o.dash).length));

const dashes = [[8, 4], [2, 3], [10, 3, 2, 3], [14, 4], [5, 2]];

/** The dashes by which a line is told from those before it that have its colour; undefined = a whole line. */
export const dashesOf = (again: number): number[] | undefined => (again > 0 ? dashes[(again - 1) % dashes.length] : undefined);

export const meaning = { ok: "#4c6ef5", cached: "#74c0fc", left: "#868e96", limited: "#f59f00", failed: "#e03131", healthy: "#2f9e44" } as const;
