import { columnKeys, isOneToOne } from './diagram.ts';
import { type Box, HEADER_HEIGHT, KEY_WIDTH, type Layout, layOut, ROW_HEIGHT } from './diagram-svg/layout.ts';
import { isRequired, type Relation, relationsOf } from './relations.ts';
import type { Column, Schema } from './schema.ts';

const STYLE = `
  text { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2933; }
  .canvas { fill: #ffffff; } .box { fill: #f8fafc; stroke: #94a3b8; } .head { fill: #dbe4f0; stroke: #94a3b8; }
  .name { font-weight: bold; font-size: 13px; } .key { fill: #b45309; font-size: 10px; } .type { fill: #64748b; }
  .edge { fill: none; stroke: #64748b; stroke-width: 1.3; } .ring { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e2e8f0; } .canvas, .ring { fill: #0f172a; } .box { fill: #1e293b; stroke: #475569; }
    .head { fill: #334155; stroke: #475569; } .key { fill: #fbbf24; } .type { fill: #94a3b8; } .edge { stroke: #94a3b8; }
  }
`;

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

function renderColumn(column: Column, box: Box, index: number): string {
  const y = box.y + HEADER_HEIGHT + ROW_HEIGHT * index + 14;
  const type = `${column.type}${column.nullable ? '?' : ''}`;
  const key = columnKeys(column, box.table).join(' ');
  return [
    key && `<text class="key" x="${box.x + 8}" y="${y}">${key}</text>`,
    `<text x="${box.x + KEY_WIDTH}" y="${y}">${escapeXml(column.name)}</text>`,
    `<text class="type" x="${box.x + box.width - 10}" y="${y}" text-anchor="end">${escapeXml(type)}</text>`,
  ].join('');
}

function renderBox(box: Box): string {
  const { table, x, y, width, height } = box;
  const corner = `x="${x}" y="${y}" width="${width}" rx="5"`;
  const title = table.description ? `<title>${escapeXml(table.description)}</title>` : '';
  const head = `<rect class="box" ${corner} height="${height}"/><rect class="head" ${corner} height="${HEADER_HEIGHT}"/>`;
  const name = `<text class="name" x="${x + 10}" y="${y + 18}">${escapeXml(table.name)}</text>`;
  const columns = table.columns.map((column, index) => renderColumn(column, box, index));
  return `<g>${title}${head}${name}\n${columns.join('\n')}\n</g>`;
}

/** Height of the row a line ends at: the first column of the key. */
function rowHeight(box: Box, columns: readonly string[]): number {
  const index = box.table.columns.findIndex((column) => column.name === columns[0]);
  return box.y + HEADER_HEIGHT + ROW_HEIGHT * Math.max(0, index) + ROW_HEIGHT / 2;
}

/** A line from the child's column to the parent's: crow's foot for many, bar for one, ring for "may be none". */
function renderEdge(relation: Relation, child: Box, parent: Box): string {
  // Lines leave towards the other box; within one strip both ends are on the right.
  const childSide = parent.strip < child.strip ? -1 : 1;
  const parentSide = parent.strip > child.strip ? -1 : 1;
  const [x1, y1] = [childSide < 0 ? child.x : child.x + child.width, rowHeight(child, relation.columns)];
  const [x2, y2] = [parentSide < 0 ? parent.x : parent.x + parent.width, rowHeight(parent, relation.target.columns)];
  const bend = parent.strip === child.strip ? 44 : Math.max(36, Math.abs(x2 - x1) / 2.5);
  const line = `M${x1} ${y1}C${x1 + childSide * bend} ${y1} ${x2 + parentSide * bend} ${y2} ${x2} ${y2}`;
  const foot = x1 + childSide * 11;
  const many = isOneToOne(relation, child.table)
    ? `M${foot} ${y1 - 5}V${y1 + 5}`
    : `M${x1} ${y1 - 6}L${foot} ${y1}L${x1} ${y1 + 6}`;
  const bar = `M${x2 + parentSide * 8} ${y2 - 5}V${y2 + 5}`;
  const ring = `<circle class="edge ring" cx="${x2 + parentSide * 15}" cy="${y2}" r="4"/>`;
  const label = `${child.table.name}.${relation.columns.join(', ')} → ${parent.table.name}`;
  const optional = isRequired(relation, child.table) ? '' : ring;
  return `<g><title>${escapeXml(label)}</title><path class="edge" d="${line}${many}${bar}"/>${optional}</g>`;
}

function renderEdges({ boxes }: Layout): string[] {
  return [...boxes.values()].flatMap((child) =>
    relationsOf(child.table).flatMap((relation) => {
      const parent = boxes.get(relation.target.table);
      return parent ? [renderEdge(relation, child, parent)] : [];
    }),
  );
}

/**
 * Entity-relationship diagram as a picture that needs nothing from outside: no font, no script, no network. Follows
 * light and dark mode. Pure and deterministic.
 */
export function renderSvg(schema: Schema): string {
  const layout = layOut(schema);
  const size = `width="${layout.width}" height="${layout.height}" viewBox="0 0 ${layout.width} ${layout.height}"`;
  const names = schema.tables.map((table) => table.name).join(', ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escapeXml(`Tables: ${names}`)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="canvas" width="100%" height="100%"/>`,
    ...renderEdges(layout),
    ...[...layout.boxes.values()].map(renderBox),
    '</svg>',
    '',
  ].join('\n');
}
