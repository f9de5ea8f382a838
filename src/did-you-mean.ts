/** A name shorter than this is not completed from its first letters. */
const MIN_PREFIX = 4;

/** The largest share of a word that may differ from the name that is meant. */
const MAX_DIFFERENCE = 0.4;

/** Number of edits (insert, delete, replace, swap of neighbours) from one word to the other. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The known name that a word most likely means: the nearest one, else one it is a prefix of. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  let best: string | undefined;
  let bestDifference = MAX_DIFFERENCE;
  for (const name of known) {
    const difference = distance(typed, name.toLowerCase()) / Math.max(word.length, name.length, 1);
    if (difference < bestDifference) [best, bestDifference] = [name, difference];
  }
  if (best !== undefined || typed.length < MIN_PREFIX) return best;
  return known.find((name) => name.toLowerCase().startsWith(typed));
}

/**
 * `did you mean <name>?` with the nearest known name, or undefined where no name is near. `show`
 * gives the name as it is typed, e.g. `--profile <name>`. Every layer uses it, the configuration
 * and the command line alike, so it is a leaf next to `errors.ts`.
 */
export function didYouMean(
  word: string,
  known: readonly string[],
  show: (name: string) => string = (name) => name,
): string | undefined {
  const name = nearest(word, known);
  return name === undefined ? undefined : `did you mean ${show(name)}?`;
}
