import { inParentOrder, relationsOf } from '../relations.ts';
import type { Schema, Table } from '../schema.ts';

/** Measures in pixels; characters are those of a 12 px monospace font. */
export const HEADER_HEIGHT = 28;
export const ROW_HEIGHT = 20;
const CHARACTER_WIDTH = 7.3;
const MARGIN = 24;
/** Room of a row for its key (`PK`), and around it. */
export const KEY_WIDTH = 50;
const SIDE_PADDING = 12;
const COLUMN_GAP = 88;
const BOX_GAP = 32;

/** A table's box on the canvas: its upper left corner and its size. */
export interface Box {
  readonly table: Table;
  /** Number of the vertical strip the box stands in, from the left. */
  readonly strip: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly width: number;
  readonly height: number;
}

function boxWidth(table: Table): number {
  const longest = Math.max(0, ...table.columns.map(({ name, type }) => name.length + type.length + 3));
  const text = Math.max(KEY_WIDTH + longest * CHARACTER_WIDTH, table.name.length * (CHARACTER_WIDTH + 1));
  return Math.ceil(Math.max(140, text + 2 * SIDE_PADDING));
}

const boxHeight = (table: Table): number => HEADER_HEIGHT + ROW_HEIGHT * table.columns.length;

/** Parents stand left of their children; tables without any relation come last. */
function layersOf(schema: Schema): Table[][] {
  const depth = new Map<string, number>();
  const parents = new Set(schema.tables.flatMap((table) => relationsOf(table).map(({ target }) => target.table)));
  const alone: Table[] = [];
  const layers: Table[][] = [];
  for (const table of inParentOrder(schema)) {
    const relations = relationsOf(table);
    if (relations.length === 0 && !parents.has(table.name)) {
      alone.push(table);
      continue;
    }
    const above = relations.map(({ target }) => depth.get(target.table) ?? -1);
    const layer = Math.max(-1, ...above) + 1;
    depth.set(table.name, layer);
    layers[layer] = [...(layers[layer] ?? []), table];
  }
  return alone.length > 0 ? [...layers, alone] : layers;
}

/** Children in the order of their parents' heights, so that fewer lines cross. */
function byParents(layer: readonly Table[], rank: ReadonlyMap<string, number>): Table[] {
  const weight = (table: Table): number => {
    const ranks = relationsOf(table).flatMap(({ target }) => rank.get(target.table) ?? []);
    return ranks.length === 0 ? Number.POSITIVE_INFINITY : ranks.reduce((sum, item) => sum + item, 0) / ranks.length;
  };
  const weighed = layer.map((table) => ({ table, weight: weight(table) }));
  return weighed.sort((a, b) => (a.weight === b.weight ? 0 : a.weight - b.weight)).map(({ table }) => table);
}

/** Cuts a layer into strips no higher than allowed; a single box may be. */
function intoStrips(layer: readonly Table[], highest: number): Table[][] {
  const strips: Table[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const table of layer) {
    const height = boxHeight(table) + BOX_GAP;
    if (filled + height > highest) {
      strips.push([]);
      filled = 0;
    }
    strips.at(-1)?.push(table);
    filled += height;
  }
  return strips;
}

/** Places every table, so that the picture is about as high as wide. Pure and deterministic. */
export function layOut(schema: Schema): Layout {
  const area = schema.tables.reduce(
    (sum, table) => sum + (boxWidth(table) + COLUMN_GAP) * (boxHeight(table) + BOX_GAP),
    0,
  );
  const highest = Math.max(Math.sqrt(area), ...schema.tables.map((table) => boxHeight(table) + BOX_GAP));
  const rank = new Map<string, number>();
  const strips = layersOf(schema).flatMap((layer) => {
    const ordered = byParents(layer, rank);
    for (const [index, table] of ordered.entries()) rank.set(table.name, index / ordered.length);
    return intoStrips(ordered, highest);
  });
  const boxes = new Map<string, Box>();
  let x = MARGIN;
  let bottom = MARGIN;
  for (const [strip, tables] of strips.entries()) {
    let y = MARGIN;
    const width = Math.max(...tables.map(boxWidth));
    for (const table of tables) {
      const height = boxHeight(table);
      boxes.set(table.name, { table, strip, x, y, width, height });
      y += height + BOX_GAP;
    }
    bottom = Math.max(bottom, y - BOX_GAP);
    x += width + COLUMN_GAP;
  }
  return { boxes, width: Math.max(x - COLUMN_GAP, MARGIN) + 2 * MARGIN, height: bottom + MARGIN };
}
