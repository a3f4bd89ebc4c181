/** A reference: the row it starts at, and the row of the key it leads to. */
export interface Line {
  readonly from: number;
  readonly to: number;
  /** Several rows may refer to the same one. */
  readonly isMany: boolean;
}

export interface Channel {
  /** What stands right of each row. */
  readonly rows: readonly string[];
  readonly width: number;
}

/** A vertical line that all references to one key share. */
interface Track {
  readonly to: number;
  readonly lines: readonly Line[];
  readonly top: number;
  readonly bottom: number;
}

/** Room in front of the first vertical line, and between two of them. */
const AHEAD = 3;
const STEP = 2;

/** Draws references as lines right of the boxes, so that no two vertical lines lie on each other. */
export function drawLines(height: number, lines: readonly Line[]): Channel {
  const targets = [...new Set(lines.map(({ to }) => to))];
  const tracks = targets.map((to): Track => {
    const own = lines.filter((line) => line.to === to);
    const ends = [to, ...own.map(({ from }) => from)];
    return { to, lines: own, top: Math.min(...ends), bottom: Math.max(...ends) };
  });
  const placed = place(tracks);
  const columns = Math.max(0, ...placed.map(({ column }) => column + 1));
  const width = columns === 0 ? 0 : AHEAD + columns * STEP;
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '));
  const horizontals: { row: number; until: number; start: string }[] = [];
  for (const { track, column } of placed) {
    const x = AHEAD + column * STEP;
    for (let row = track.top; row <= track.bottom; row += 1) set(cells, row, x, '│');
    for (const { from, isMany } of track.lines) horizontals.push({ row: from, until: x, start: isMany ? '>' : '─' });
    horizontals.push({ row: track.to, until: x, start: '─' });
    for (const row of new Set([track.to, ...track.lines.map(({ from }) => from)]))
      set(cells, row, x, row === track.top ? '┐' : row === track.bottom ? '┘' : '┤');
  }
  for (const { row, until, start } of horizontals) {
    for (let x = 0; x < until; x += 1) {
      const there = cells[row]?.[x] ?? ' ';
      if (there === ' ') set(cells, row, x, x === 0 ? start : '─');
      else if (x === 0 && start !== '─') set(cells, row, x, start);
      else if (there === '│') set(cells, row, x, x === 0 ? start : '┼');
      else if (there === '┐') set(cells, row, x, '┬');
      else if (there === '┘') set(cells, row, x, '┴');
      else if (there === '┤') set(cells, row, x, '┼');
    }
  }
  return { rows: cells.map((row) => row.join('')), width };
}

function set(cells: string[][], row: number, x: number, sign: string): void {
  const line = cells[row];
  if (line) line[x] = sign;
}

/** Short lines stand next to the boxes; each takes the first place that is free along its way. */
function place(tracks: readonly Track[]): readonly { readonly track: Track; readonly column: number }[] {
  const taken: Track[][] = [];
  const sorted = [...tracks].sort((a, b) => a.bottom - a.top - (b.bottom - b.top) || a.top - b.top);
  return sorted.map((track) => {
    const isFree = (others: readonly Track[]) =>
      others.every((other) => other.bottom < track.top || other.top > track.bottom);
    const found = taken.findIndex(isFree);
    const column = found === -1 ? taken.length : found;
    taken[column] = [...(taken[column] ?? []), track];
    return { track, column };
  });
}
