import type { ApiDocument, Spot } from '../api-document.ts';
import type { ContractTotal } from '../contract-list.ts';
import type { ContractConstant } from '../contract-rows.ts';
import { type Beside, constantOf, isAbout, skipped, totalsOf } from './beside.ts';
import { type ObjectShape, type Shape, shapeOf } from './shape.ts';

/** How a body holds what it is about: `{"article": {…}}`, `{"articles": […], "articlesCount": 2}`, `[…]`, `{…}`. */
export interface Envelope {
  /** The member it stands in; null when it is the whole body. */
  readonly wrap: string | null;
  readonly isList: boolean;
  /** Of the object, or of one item of the list. */
  readonly shape: Shape;
  readonly totals: readonly ContractTotal[];
  /** Members beside an object that are always the same. */
  readonly constants: readonly ContractConstant[];
  readonly pointer: string;
}

const GENERIC =
  /^(?:data|results?|payload|response|items?|content|contents|body|records?|rows|list|entries|entity|objects?|values?|elements|nodes)$/i;

/** A member that is called so says nothing about what it holds. */
export function isGenericName(name: string): boolean {
  return GENERIC.test(name);
}

/** Reads how a body is put together; null when it holds neither an object nor a list in a way that is known. */
export function openEnvelope(document: ApiDocument, spot: Spot): Envelope | null {
  const shape = shapeOf(document, spot);
  const plain = { totals: [], constants: [], pointer: spot.pointer };
  if (shape.kind === 'list') return listOf(document, shape, { wrap: null, ...plain });
  if (shape.kind !== 'object') return null;
  const object = openObject(document, shape, spot.pointer);
  return object.wrap === null ? (wrappedList(document, besides(document, shape), spot.pointer) ?? object) : object;
}

function openObject(document: ApiDocument, shape: ObjectShape, pointer: string): Envelope {
  const plain = { wrap: null, isList: false, shape, totals: [], constants: [], pointer };
  return wrappedObject(besides(document, shape), pointer) ?? plain;
}

function besides(document: ApiDocument, { fields }: ObjectShape): readonly Beside[] {
  return fields.map(({ name, required, spot }) => ({ name, required, shape: shapeOf(document, spot) }));
}

/** `{"article": {…}}`, `{"success": true, "data": {…}}`. */
function wrappedObject(fields: readonly Beside[], pointer: string): Envelope | null {
  const objects = fields.filter(({ shape }) => shape.kind === 'object' && shape.fields.length > 0);
  const found =
    fields.length === 1 ? objects[0] : objects.find(({ name, required }) => required && isGenericName(name));
  if (!found) return null;
  const others = fields.filter((field) => field !== found);
  const constants = others.map((field) => constantOf(field));
  const isKnown = others.every((field, at) => constants[at] || (!field.required && isAbout(field.name)));
  if (!isKnown) return null;
  return {
    ...{ wrap: found.name, isList: false, shape: found.shape, totals: [], pointer },
    constants: constants.filter((constant) => constant !== null),
  };
}

/** `{"articles": […], "total": 2}`; with anything else beside it, the list is a part of an object. */
function wrappedList(document: ApiDocument, fields: readonly Beside[], pointer: string): Envelope | null {
  const lists = fields.filter(({ shape: { kind } }) => kind === 'list');
  const list = lists.length === 1 ? lists[0] : lists.find(({ name }) => isGenericName(name));
  if (list?.shape.kind !== 'list') return null;
  const others = fields.filter((field) => field !== list);
  const told = others.map((field) => totalsOf(document, field));
  const isPage = isGenericName(list.name) || told.some((totals) => totals !== null);
  const isKnown = others.every((field, at) => told[at] !== null || (isPage && skipped(field)));
  if (!isKnown) return null;
  const totals = told.flatMap((some) => some ?? []);
  return listOf(document, list.shape, { wrap: list.name, totals, constants: [], pointer });
}

function listOf(
  document: ApiDocument,
  shape: Shape,
  rest: Pick<Envelope, 'wrap' | 'totals' | 'constants' | 'pointer'>,
): Envelope | null {
  if (shape.kind !== 'list' || !shape.items) return null;
  return { ...rest, isList: true, shape: shapeOf(document, shape.items) };
}

/** The object inside a body, when there is one; a list in it is a member of it. */
export function objectIn(
  document: ApiDocument,
  spot: Spot | null,
): (Envelope & { readonly shape: ObjectShape }) | null {
  const whole = spot && shapeOf(document, spot);
  if (whole?.kind !== 'object') return null;
  const { wrap, shape, pointer, constants } = openObject(document, whole, spot?.pointer ?? '');
  return shape.kind === 'object' ? { wrap, isList: false, shape, totals: [], constants, pointer } : null;
}
