import type { ContractPaging, ContractTotal } from '../contract-list.ts';
import { NotPlain } from './not-plain.ts';
import type { ApiOperation, ApiParameter } from './operations.ts';
import type { Scene } from './scene.ts';
import { type Shape, shapeOf } from './shape.ts';

const LIMIT =
  /^(?:limit|per_?page|page_?size|page\[(?:size|limit)\]|size|count|take|first|max_?results|\$?top|items_?per_?page)$/i;
const OFFSET = /^(?:offset|skip|\$skip|start|start_?index|page\[offset\])$/i;
const PAGE = /^(?:page|page_?number|page_?no|page\[number\])$/i;
const CURSOR =
  /^(?:cursor|after|page_?token|next_?token|next_?cursor|starting_?after|continuation(?:_?token)?|page\[(?:cursor|after)\])$/i;
const MOST = 100;
const USUAL = 20;

/** Whether a parameter is about pages. */
export function isPaging(scene: Scene, parameter: ApiParameter): boolean {
  const { name } = parameter;
  return [LIMIT, OFFSET, PAGE].some((pattern) => pattern.test(name)) || isCursor(scene, parameter);
}

/** `after` may also be a day. */
function isCursor({ document }: Scene, { name, schema }: ApiParameter): boolean {
  if (!CURSOR.test(name)) return false;
  const shape = schema && shapeOf(document, schema);
  return !shape || (shape.kind === 'text' && shape.format === '');
}

/** How a list is paged; null when it is answered whole. Throws `NotPlain` where nothing tells where the next page begins. */
export function pagingOf(
  scene: Scene,
  { parameters }: ApiOperation,
  totals: readonly ContractTotal[],
): ContractPaging | null {
  const query = parameters.filter(({ in: where }) => where === 'query');
  const named = (pattern: RegExp) => query.find(({ name }) => pattern.test(name)) ?? null;
  const [limit, offset, page] = [named(LIMIT), named(OFFSET), named(PAGE)];
  const cursor = query.find((parameter) => isCursor(scene, parameter)) ?? null;
  if (!limit && !offset && !page && !cursor) return null;
  if (cursor && !totals.some(({ means }) => means === 'cursor')) {
    throw new NotPlain(`no answer tells what ${cursor.name} of the next page is (${cursor.pointer})`);
  }
  const said = limit && numberOf(scene, limit);
  const most = said?.max;
  const max = most === undefined ? MOST : Math.min(most, 1000);
  const preset = typeof said?.preset === 'number' ? said.preset : USUAL;
  const first = page && numberOf(scene, page);
  return {
    ...{ limit: limit?.name ?? null, offset: offset?.name ?? null, page: page?.name ?? null },
    ...{ cursor: cursor?.name ?? null, firstPage: first?.min === 0 || first?.preset === 0 ? 0 : 1 },
    ...{ preset: Math.max(1, Math.min(preset, max)), max, isStrict: most !== undefined },
  };
}

function numberOf(
  { document }: Scene,
  { schema }: ApiParameter,
): Extract<Shape, { kind: 'integer' | 'number' }> | null {
  const shape = schema && shapeOf(document, schema);
  return shape?.kind === 'integer' || shape?.kind === 'number' ? shape : null;
}
