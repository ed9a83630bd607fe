// Colours that mean something, and one for each name that is the same on every page.
// Told apart without colour vision (Okabe and Ito, https://jfly.uni-koeln.de/color/).
const names = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#8a8d29", "#3f8f8f", "#b07a52"];

export function colorOf(name: string): string {
  let h = 2166136261;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 16777619);
  return names[(h >>> 0) % names.length]!;
}

export const meaning = { ok: "#4c6ef5", cached: "#74c0fc", caller: "#868e96", limited: "#f59f00", failed: "#e03131", healthy: "#2f9e44" } as const;
