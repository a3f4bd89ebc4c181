import type { ApiDocument, Spot } from '../api-document.ts';
import { type ObjectShape, type Shape, shapeOf } from './shape.ts';

/** What a number beside a list says. */
export type TotalMeaning = 'total' | 'page' | 'limit' | 'offset' | 'pages';

/** How a body holds what it is about: `{"article": {…}}`, `{"articles": […], "articlesCount": 2}`, `[…]`, `{…}`. */
export interface Envelope {
  /** The member it stands in; null when it is the whole body. */
  readonly wrap: string | null;
  readonly isList: boolean;
  /** Of the object, or of one item of the list. */
  readonly shape: Shape;
  readonly totals: readonly { readonly name: string; readonly means: TotalMeaning }[];
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
  const totals = others.flatMap(({ name, shape: { kind } }) => {
    const means = kind === 'integer' ? totalMeaning(name) : null;
    return means ? [{ name, means }] : [];
  });
  // With anything else beside it, the list is a part of an object.
  if (totals.length < others.length) return { wrap: null, isList: false, shape, ...plain };
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

function totalMeaning(name: string): TotalMeaning | null {
  if (/^(?:page|page_?number|current_?page)$/i.test(name)) return 'page';
  if (/^(?:limit|per_?page|page_?size|size)$/i.test(name)) return 'limit';
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
