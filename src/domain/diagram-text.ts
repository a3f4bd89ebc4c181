import { columnKeys, isOneToOne } from './diagram.ts';
import { drawLines, type Line } from './diagram-text/lines.ts';
import { isRequired, relationsOf } from './relations.ts';
import type { Column, Schema, Table } from './schema.ts';

/** Narrowest drawing; a terminal with less room has it wrapped. */
const LEAST_WIDTH = 40;
/** Room of `PK FK`, and what of a line a box may take so that the lines beside it have room. */
const KEYS_WIDTH = 6;

/** How much of a column is shown; less when there is little room. */
const DETAILS = ['type', 'name'] as const;

const LEGEND = '>── many   ─── one   ? may be empty';

/**
 * Entity-relationship diagram as a terminal shows it, no wider than told (columns of characters, at least 40). With room
 * for it lines lead from each reference to the key it refers to; without, references name their table. Pure and
 * deterministic.
 */
export function renderTextDiagram(schema: Schema, width = 80): string {
  const room = Math.max(LEAST_WIDTH, width);
  for (const detail of DETAILS) {
    const drawing = drawWithLines(schema, room, detail);
    if (drawing !== null) return drawing;
  }
  return drawAsList(schema, room);
}

/** One row of the drawing: a border, a title or a column. */
interface Row {
  readonly text: string;
  readonly column?: string;
}

function drawWithLines(schema: Schema, width: number, detail: (typeof DETAILS)[number]): string | null {
  const inner = Math.max(...schema.tables.map((table) => innerWidth(table, detail)));
  const rows: Row[] = [];
  const rowOf = new Map<string, number>();
  for (const table of schema.tables) {
    for (const row of boxRows(table, inner, detail)) {
      if (row.column !== undefined) rowOf.set(`${table.name}.${row.column}`, rows.length);
      rows.push(row);
    }
  }
  const lines = schema.tables.flatMap((table) =>
    relationsOf(table).flatMap((relation): Line[] => {
      const from = rowOf.get(`${table.name}.${relation.columns[0]}`);
      const to = rowOf.get(`${relation.target.table}.${relation.target.columns[0]}`);
      return from === undefined || to === undefined ? [] : [{ from, to, isMany: !isOneToOne(relation, table) }];
    }),
  );
  const channel = drawLines(rows.length, lines);
  if (inner + 4 + channel.width > width) return null;
  const drawn = rows.map(({ text }, at) => `${text}${channel.rows[at] ?? ''}`.trimEnd());
  return `${[...drawn, ...(lines.length > 0 ? [LEGEND] : [])].join('\n')}\n`;
}

function innerWidth(table: Table, detail: (typeof DETAILS)[number]): number {
  const widest = Math.max(0, ...table.columns.map((column) => columnText(column, detail).length));
  return Math.max(table.name.length + 1, KEYS_WIDTH + widest);
}

function columnText(column: Column, detail: (typeof DETAILS)[number]): string {
  const optional = column.nullable ? '?' : '';
  return detail === 'type' ? `${column.name}  ${column.type}${optional}` : `${column.name}${optional}`;
}

function boxRows(table: Table, inner: number, detail: (typeof DETAILS)[number]): readonly Row[] {
  const rows = table.columns.map((column): Row => {
    const keys = columnKeys(column, table)
      .filter((key) => key !== 'UK')
      .join(' ');
    const optional = column.nullable ? '?' : '';
    const type = detail === 'type' ? `${column.type}${optional}` : optional;
    const name = column.name.padEnd(inner - KEYS_WIDTH - type.length);
    return { text: `│ ${keys.padEnd(KEYS_WIDTH)}${name}${type} │`, column: column.name };
  });
  return [
    { text: `┌─ ${table.name} ${'─'.repeat(inner - table.name.length - 1)}┐` },
    ...rows,
    { text: `└${'─'.repeat(inner + 2)}┘` },
  ];
}

/** Too many lines, or too little room: each reference says where it leads, and how many there may be. */
function drawAsList(schema: Schema, width: number): string {
  const clip = (text: string) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
  return schema.tables
    .map((table) => {
      const others = table.columns.filter((column) => !columnKeys(column, table).includes('FK'));
      const references = relationsOf(table).map((relation) => {
        const sign = isOneToOne(relation, table) ? '───' : '>──';
        const optional = isRequired(relation, table) ? '' : '?';
        return clip(`  ${sign} ${relation.target.table}${optional}  (${relation.columns.join(', ')})`);
      });
      return [
        clip(table.name),
        ...references,
        ...wrapped(
          others.map(({ name }) => name),
          width,
        ),
      ].join('\n');
    })
    .join('\n')
    .concat(`\n${clip(LEGEND)}\n`);
}

function wrapped(names: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    const next = line === '' ? `  ${name}` : `${line}, ${name}`;
    if (next.length + 1 > width && line !== '') {
      lines.push(`${line},`);
      line = `  ${name}`;
    } else line = next;
  }
  return line === ''
    ? lines
    : [...lines, line].map((one) => (one.length > width ? `${one.slice(0, width - 1)}…` : one));
}
