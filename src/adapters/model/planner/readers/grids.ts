import { splitFields } from '../field.ts';
import type { Lexicon } from '../lexicon.ts';
import { singular, snake } from '../words.ts';
import type { Definition } from './structures.ts';

/** Beyond this many rows a request is data, no description. */
const MAX_ROWS = 500;
const ROW = /^\s*\|(.+)\|\s*$/;
const RULER = /^[\s|:+-]+$/;
const THING = /^(tables?|entit(y|ies)|models?|things?|objects?|collections?|resources?|class(es)?|what)$/i;
const FIELDS = /^(columns?|fields?|attributes?|propert(y|ies)|contents?|keeps?|data)$/i;
const COLUMN = /^(columns?|fields?|attributes?|propert(y|ies)|names?)$/i;
const TYPE = /^(data ?)?types?$/i;
/** What stands above a grid of columns: `### Cars`, `**Cars**`, `Table: cars`. */
const HEADING = /^[\s#*_>-]*(?:(?:table|entity|model)\s*:?\s+)?([\p{L}][\p{L}\d_ -]{1,40}?)[\s:*_`]*$/u;

interface Row {
  readonly cells: readonly string[];
  readonly start: number;
  readonly end: number;
}

interface Grid {
  readonly above: string;
  readonly rows: readonly Row[];
}

/** Markdown tables: one row for each thing with its fields, or one for each column of the thing named above. */
export function findGrids(text: string, lexicon: Lexicon): readonly Definition[] {
  return gridsOf(text).flatMap((grid) => [...thingsIn(grid, text), ...columnsIn(grid, text, lexicon)]);
}

function gridsOf(text: string): readonly Grid[] {
  const grids: { above: string; rows: Row[] }[] = [];
  let above = '';
  let start = 0;
  let open = false;
  for (const line of text.split('\n')) {
    const inside = ROW.exec(line)?.[1];
    if (inside === undefined) {
      if (line.trim() !== '') above = line;
      open = false;
    } else {
      if (!open) grids.push({ above, rows: [] });
      open = true;
      const cells = inside.split('|').map((cell) => cell.replace(/[`*]/g, '').trim());
      if (!RULER.test(line)) grids.at(-1)?.rows.push({ cells, start, end: start + line.length });
    }
    start += line.length + 1;
  }
  return grids.filter(({ rows }) => rows.length > 1 && rows.length < MAX_ROWS);
}

/** `| cars | plate, colour |` below `| table | columns |`. */
function thingsIn({ rows }: Grid, text: string): readonly Definition[] {
  const [head, ...body] = rows;
  const thing = head?.cells.findIndex((cell) => THING.test(cell)) ?? -1;
  const fields = head?.cells.findIndex((cell) => FIELDS.test(cell)) ?? -1;
  if (!head || thing === -1 || fields === -1) return [];
  return body.flatMap((row, at): readonly Definition[] => {
    const name = singular(snake(row.cells[thing] ?? ''));
    const listed = splitFields(row.cells[fields] ?? '');
    if (name === '' || listed.length === 0) return [];
    const start = at === 0 ? head.start : row.start;
    return [{ name, fields: listed, span: { start, end: row.end }, why: text.slice(row.start, row.end).slice(0, 200) }];
  });
}

/** `| plate | text | unique |` below `| column | type | notes |`, with the name of the thing above. */
function columnsIn({ above, rows }: Grid, text: string, { english }: Lexicon): readonly Definition[] {
  const [head, ...body] = rows;
  const column = head?.cells.findIndex((cell) => COLUMN.test(cell)) ?? -1;
  const isTyped = head?.cells.some((cell) => TYPE.test(cell)) ?? false;
  const name = singular(snake(HEADING.exec(above)?.[1] ?? ''));
  const last = body.at(-1);
  if (!head || !last || column === -1 || !isTyped || name === '' || english.filler.has(name)) return [];
  const fields = body.map(({ cells }) => [cells[column], ...cells.filter((_, at) => at !== column)].join(' ').trim());
  const span = { start: head.start, end: last.end };
  return [
    { name, fields: fields.filter((field) => field !== ''), span, why: text.slice(span.start, span.end).slice(0, 200) },
  ];
}
