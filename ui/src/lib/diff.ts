// What changed between two texts, line by line (Myers' greedy algorithm would do more than
// is needed: what calls say is short, and longer texts are compared at their two ends only).
export type Line = { kind: "same" | "less" | "more"; text: string };

const most = 1500; // lines on one side, beyond what begins and ends alike

export function diffLines(a: string, b: string): Line[] {
  const x = a === "" ? [] : a.split("\n"); // nothing has no lines, not an empty one
  const y = b === "" ? [] : b.split("\n");
  let head = 0;
  while (head < x.length && head < y.length && x[head] === y[head]) head++;
  let tail = 0;
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail++;
  const same = (lines: string[]): Line[] => lines.map((text) => ({ kind: "same", text }));
  return [...same(x.slice(0, head)), ...middle(x.slice(head, x.length - tail), y.slice(head, y.length - tail)), ...same(x.slice(x.length - tail))];
}

function middle(x: string[], y: string[]): Line[] {
  const less = (text: string): Line => ({ kind: "less", text });
  const more = (text: string): Line => ({ kind: "more", text });
  if (x.length > most || y.length > most) return [...x.map(less), ...y.map(more)];
  const width = y.length + 1;
  const longest = new Uint16Array((x.length + 1) * width); // of what both have from here on
  for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--) longest[i * width + j] = x[i] === y[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const out: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < x.length && j < y.length) {
    if (x[i] === y[j]) {
      out.push({ kind: "same", text: x[i++]! });
      j++;
    } else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) out.push(less(x[i++]!));
    else out.push(more(y[j++]!));
  }
  return [...out, ...x.slice(i).map(less), ...y.slice(j).map(more)];
}

/** Unchanged stretches are folded to a few lines around what changed. */
export function folded(lines: Line[], around = 3): (Line | { kind: "fold"; text: string })[] {
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - around), i + around + 1).some((l) => l.kind !== "same"));
  const out: (Line | { kind: "fold"; text: string })[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (near[i]) {
      out.push(lines[i]!);
      continue;
    }
    let n = 0;
    while (i + n < lines.length && !near[i + n]) n++;
    out.push({ kind: "fold", text: `${n} ${n === 1 ? "line is" : "lines are"} alike` });
    i += n - 1;
  }
  return out;
}
