/** How many letters have to be changed, put in or left out to make one word of another. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [place, own] of [...other].entries()) {
      const changed = (row[place] ?? 0) + (own === letter ? 0 : 1);
      next.push(Math.min(changed, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

const MOST = 3;
const LONGEST = 63;

/**
 * The known names that somebody may have meant who wrote `wanted`, the likeliest first, at most three: those that differ by
 * few letters, and those that share a word with it (`user_name` for `name`). Each name once.
 */
export function nearNames(wanted: string, known: readonly string[]): readonly string[] {
  const said = wanted.slice(0, LONGEST).toLowerCase();
  const words = (name: string) => name.toLowerCase().split('_');
  const ranked = [...new Set(known)].flatMap((name) => {
    const far = distance(said, name.toLowerCase());
    const isShared = words(name).some((word) => word.length > 2 && words(said).includes(word));
    return far <= Math.max(1, Math.floor((said.length + 1) / 3)) || isShared ? [{ name, far }] : [];
  });
  return ranked
    .sort((one, other) => one.far - other.far)
    .slice(0, MOST)
    .map(({ name }) => name);
}
