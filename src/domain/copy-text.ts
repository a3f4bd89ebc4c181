/**
 * Rows as lines of PostgreSQL's own text format (manual, "COPY", "Text Format"): what `COPY … FROM STDIN` reads. A cell
 * is the text that PostgreSQL writes for a value, or null.
 */

const ESCAPED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};
const UNESCAPED: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ESCAPED).map(([plain, escaped]) => [escaped.slice(1), plain]),
);

/** One row as a line, its line feed included. */
export function copyLine(cells: readonly (string | null)[]): string {
  const written = cells.map((cell) =>
    cell === null ? '\\N' : cell.replace(/[\\\b\f\n\r\t\v]/g, (character) => ESCAPED[character] ?? character),
  );
  return `${written.join('\t')}\n`;
}

/** The cells of a line, without its line feed. */
export function copyCells(line: string): (string | null)[] {
  return line
    .split('\t')
    .map((cell) =>
      cell === '\\N' ? null : cell.replace(/\\(.)/gs, (_, character: string) => UNESCAPED[character] ?? character),
    );
}
