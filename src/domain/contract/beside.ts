import type { ApiDocument } from '../api-document.ts';
import type { ContractTotal, TotalMeaning } from '../contract-list.ts';
import type { ContractConstant } from '../contract-rows.ts';
import { type Shape, shapeOf } from './shape.ts';

/** What stands in an answer beside what it is about. */
export interface Beside {
  readonly name: string;
  readonly required: boolean;
  readonly shape: Shape;
}

const ABOUT = /^_?(?:meta|metadata|pagination|paging|page|page_?info|links)$/i;
const LINKS = /^_?links$/i;
const MAX_DEPTH = 3;

/** Whether a member tells about the answer rather than of what it holds. */
export function isAbout(name: string): boolean {
  return ABOUT.test(name);
}

/** A member that may be missing, and by which nothing is found again. */
export function skipped({ name, required }: Pick<Beside, 'name' | 'required'>): boolean {
  return !required && !/^_?(?:id|uuid|slug|key|name|title)$/i.test(name);
}

/** `"success": true`, `"status": "success"`, `"message": "OK"`: of every answer of success the same. */
export function constantOf({ name, shape }: Pick<Beside, 'name' | 'shape'>): ContractConstant | null {
  switch (shape.kind) {
    case 'boolean':
      return /^(?:is_?)?(?:success|successful|ok|succeeded)$/i.test(name) ? { name, value: true } : null;
    case 'text': {
      if (/^(?:status|result|outcome)$/i.test(name)) {
        const said = ['success', 'ok', 'succeeded', 'SUCCESS', 'OK'];
        const value = said.find((one) => shape.values.length === 0 || shape.values.includes(one));
        return value === undefined ? null : { name, value };
      }
      return /^(?:message|msg|detail)$/i.test(name) && shape.values.length === 0 ? { name, value: 'OK' } : null;
    }
    default:
      return null;
  }
}

/** What a member beside a list tells of it; null for something else. */
export function totalsOf(
  document: ApiDocument,
  { name, required, shape }: Beside,
  within: readonly string[] = [],
): readonly ContractTotal[] | null {
  if (shape.kind !== 'object') {
    const omits = !shape.nullable;
    const constant = within.length === 0 ? constantOf({ name, shape }) : null;
    if (constant) return [{ name, within, omits, means: 'constant', value: constant.value }];
    // A link is an address, and no cursor.
    const means = within.some((home) => LINKS.test(home)) ? null : totalMeaning(name, required, shape);
    return means && [{ name, within, omits, means }];
  }
  if (within.length > MAX_DEPTH || !ABOUT.test(name)) return null;
  const home = [...within, name];
  const told = shape.fields.map((field) => {
    const own = { name: field.name, required: field.required, shape: shapeOf(document, field.spot) };
    return totalsOf(document, own, home) ?? (field.required ? null : []);
  });
  if (told.includes(null)) return null;
  const totals = told.flatMap((some) => some ?? []);
  if (totals.length > 0) return totals;
  // Where nothing of it is needed, the object itself may be.
  return LINKS.test(name) && required ? [{ name, within, omits: false, means: 'nothing' }] : required ? null : [];
}

function totalMeaning(name: string, required: boolean, shape: Shape): TotalMeaning | null {
  switch (shape.kind) {
    case 'integer':
    case 'number':
      return countMeaning(name);
    case 'boolean':
      return switchMeaning(name);
    case 'text':
      // Of the last page there is none.
      return (shape.nullable || !required) && shape.format === '' && CURSOR.test(name) ? 'cursor' : null;
    default:
      return null;
  }
}

const CURSOR = /^(?:cursor|next|next_?cursor|next_?(?:page_?)?token|end_?cursor|continuation(?:_?token)?)$/i;

function switchMeaning(name: string): TotalMeaning | null {
  if (/^has_?(?:more|next(?:_?page)?)$/i.test(name)) return 'more';
  if (/^has_?prev(?:ious)?(?:_?page)?$/i.test(name)) return 'less';
  if (/^(?:is_?)?first(?:_?page)?$/i.test(name)) return 'first';
  if (/^(?:is_?)?last(?:_?page)?$/i.test(name)) return 'last';
  return /^(?:is_?)?empty$/i.test(name) ? 'empty' : null;
}

function countMeaning(name: string): TotalMeaning | null {
  if (/^(?:page|page_?(?:number|index)|current_?page|number)$/i.test(name)) return 'page';
  if (/^(?:limit|per_?page|page_?size|items_?per_?page|size)$/i.test(name)) return 'limit';
  if (/^(?:offset|skip)$/i.test(name)) return 'offset';
  if (/^(?:pages|total_?pages|page_?count|last_?page)$/i.test(name)) return 'pages';
  if (/^(?:number_?of_?elements|(?:items_?)?on_?page|returned)$/i.test(name)) return 'here';
  return /(?:^total|count$|^count|total$)/i.test(name) ? 'total' : null;
}
