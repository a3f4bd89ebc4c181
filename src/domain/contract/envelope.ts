import type { ApiDocument, Spot } from '../api-document.ts';
import type { ContractTotal } from '../contract-list.ts';
import { type ObjectShape, type Shape, shapeOf } from './shape.ts';

/** How a body holds what it is about: `{"article": {…}}`, `{"articles": […], "articlesCount": 2}`, `[…]`, `{…}`. */
export interface Envelope {
  /** The member it stands in; null when it is the whole body. */
  readonly wrap: string | null;
  readonly isList: boolean;
  /** Of the object, or of one item of the list. */
  readonly shape: Shape;
  readonly totals: readonly ContractTotal[];
  readonly pointer: string;
}

/** Reads how a body is put together; null when it holds neither an object nor a list in a way that is known. */
export function openEnvelope(document: ApiDocument, spot: Spot): Envelope | null {
  const shape = shapeOf(document, spot);
  const plain = { totals: [], pointer: spot.pointer };
  if (shape.kind === 'list') return listOf(document, shape, { wrap: null, ...plain });
  if (shape.kind !== 'object') return null;
  const fields = shape.fields.map((field) => ({ ...field, shape: shapeOf(document, field.spot) }));
  const [only] = fields;
  if (fields.length === 1 && only?.shape.kind === 'object' && only.shape.fields.length > 0) {
    return { wrap: only.name, isList: false, shape: only.shape, ...plain };
  }
  const lists = fields.filter(({ shape: { kind } }) => kind === 'list');
  const [list] = lists;
  const others = fields.filter((field) => field !== list);
  if (!list || lists.length > 1) return { wrap: null, isList: false, shape, ...plain };
  const found = others.map(({ name, required, shape: own }) => totalsOf(document, { name, required, shape: own }));
  const totals = found.flatMap((some) => some ?? []);
  // With anything else beside it, the list is a part of an object.
  if (found.includes(null)) return { wrap: null, isList: false, shape, ...plain };
  return listOf(document, list.shape, { wrap: list.name, totals, pointer: spot.pointer });
}

function listOf(
  document: ApiDocument,
  shape: Shape,
  rest: Pick<Envelope, 'wrap' | 'totals' | 'pointer'>,
): Envelope | null {
  if (shape.kind !== 'list' || !shape.items) return null;
  return { ...rest, isList: true, shape: shapeOf(document, shape.items) };
}

interface Beside {
  readonly name: string;
  readonly required: boolean;
  readonly shape: Shape;
}

const ABOUT = /^_?(?:meta|metadata|pagination|paging|page|page_?info)$/i;

/** What a member beside a list tells of it; null for something else. */
function totalsOf(document: ApiDocument, { name, required, shape }: Beside): readonly ContractTotal[] | null {
  if (shape.kind !== 'object') {
    const means = totalMeaning(name, required, shape);
    return means && [{ name, within: null, omits: !shape.nullable, means }];
  }
  if (!ABOUT.test(name)) return null;
  const inner = shape.fields.map((field): ContractTotal | null | undefined => {
    const own = shapeOf(document, field.spot);
    const means = totalMeaning(field.name, field.required, own);
    if (!means) return field.required ? null : undefined;
    return { name: field.name, within: name, omits: !own.nullable, means };
  });
  if (inner.includes(null) || inner.every((total) => total === undefined)) return null;
  return inner.flatMap((total) => total ?? []);
}

function totalMeaning(name: string, required: boolean, shape: Shape): ContractTotal['means'] | null {
  switch (shape.kind) {
    case 'integer':
      return countMeaning(name);
    case 'boolean':
      if (/^has_?(?:more|next(?:_?page)?)$/i.test(name)) return 'more';
      return /^has_?prev(?:ious)?(?:_?page)?$/i.test(name) ? 'less' : null;
    case 'text':
      // Of the last page there is none.
      return (shape.nullable || !required) && shape.format === '' && CURSOR.test(name) ? 'cursor' : null;
    default:
      return null;
  }
}

const CURSOR = /^(?:cursor|next|next_?cursor|next_?(?:page_?)?token|end_?cursor|continuation(?:_?token)?)$/i;

function countMeaning(name: string): ContractTotal['means'] | null {
  if (/^(?:page|page_?number|current_?page)$/i.test(name)) return 'page';
  if (/^(?:limit|per_?page|page_?size|items_?per_?page|size)$/i.test(name)) return 'limit';
  if (/^(?:offset|skip)$/i.test(name)) return 'offset';
  if (/^(?:pages|total_?pages|page_?count|last_?page)$/i.test(name)) return 'pages';
  return /(?:^total|count$|^count|total$)/i.test(name) ? 'total' : null;
}

/** The object inside a body, when there is one. */
export function objectIn(
  document: ApiDocument,
  spot: Spot | null,
): (Envelope & { readonly shape: ObjectShape }) | null {
  const envelope = spot && openEnvelope(document, spot);
  return envelope && !envelope.isList && envelope.shape.kind === 'object'
    ? { ...envelope, shape: envelope.shape }
    : null;
}
