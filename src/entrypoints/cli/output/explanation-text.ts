import Table from 'cli-table3';
import type { Explanation, Origin, TableReason } from '../../../domain/explanation.ts';
import type { Style } from './output.ts';

/** Narrowest and widest a table is drawn. */
const WIDTHS = { least: 60, most: 120 } as const;
const PART_WIDTH = 30;
const BORDERS = 3;

/** Why a design is as it is: a table for each table, then what was assumed and what was left out. */
export function explanationText(explanation: Explanation, style: Style, terminal: number = WIDTHS.most): string {
  const width = Math.max(WIDTHS.least, Math.min(terminal, WIDTHS.most));
  return [
    ...explanation.tables.map((table) => tableText(table, width, style)),
    ...(explanation.enums.length > 0
      ? [
          `${style.bold('values')}\n${grid(
            explanation.enums.map(({ name, origin }) => [name, origin]),
            width,
          )}`,
        ]
      : []),
    section('Assumed, because nobody said otherwise', explanation.assumptions, style),
    section(
      'Left out: nothing in the design stands for it',
      explanation.leftOut.map((part) => `“${part}”`),
      style,
    ),
  ].join('\n\n');
}

function tableText(table: TableReason, width: number, style: Style): string {
  const rows: [string, Origin][] = [
    ...table.columns.map(({ name, origin }): [string, Origin] => [name, origin]),
    ...table.relations
      .filter(({ columns, origin }) => columns.length > 1 || !isSaid(table, columns, origin))
      .map(({ columns, table: parent, origin }): [string, Origin] => [`${columns.join(', ')} → ${parent}`, origin]),
    ...table.uniques
      .filter(({ columns, origin }) => columns.length > 1 || !isSaid(table, columns, origin))
      .map(({ columns, origin }): [string, Origin] => [`unique ${columns.join(', ')}`, origin]),
    ...table.checks
      .filter(({ columns, origin }) => columns.length > 1 || !isSaid(table, columns, origin))
      .map(({ columns, origin }): [string, Origin] => [`check ${columns.join(', ')}`, origin]),
  ];
  return `${style.bold(table.name)} ${style.dim(originText(table.origin))}\n${grid(rows, width)}`;
}

/** The column says the same already. */
function isSaid(table: TableReason, columns: readonly string[], origin: Origin): boolean {
  const column = table.columns.find(({ name }) => name === columns[0]);
  return column !== undefined && originText(column.origin) === originText(origin);
}

function grid(rows: readonly (readonly [string, Origin])[], width: number): string {
  const table = new Table({
    head: ['part', 'why'],
    colWidths: [PART_WIDTH, width - PART_WIDTH - BORDERS],
    wordWrap: true,
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  // Rows for one reason stand together: most texts have the same limits.
  const groups = new Map<string, string[]>();
  for (const [part, origin] of rows) groups.set(originText(origin), [...(groups.get(originText(origin)) ?? []), part]);
  for (const [why, parts] of groups) table.push([parts.join('\n'), why]);
  return table.toString();
}

/** An origin in words. */
function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'request':
      return `you said “${origin.quote.replace(/\s+/g, ' ')}”`;
    case 'lexicon':
      return `${origin.because} (${origin.entry})`;
    case 'template':
      return `the template ${origin.template}`;
    case 'contract':
      return `${origin.pointer} of the document`;
    case 'rule':
      return `rule: ${origin.rule}`;
  }
}

function section(title: string, lines: readonly string[], style: Style): string {
  const items = lines.length === 0 ? ['  nothing'] : lines.map((line) => `  - ${line}`);
  return `${style.bold(title)}\n${items.join('\n')}`;
}
