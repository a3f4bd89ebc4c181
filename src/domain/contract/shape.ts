import { type ApiDocument, member, type Spot } from '../api-document.ts';

/** What a JSON schema of a contract says about values, as far as tables and checks are made of it. */

/** A member of an object. */
export interface ShapeField {
  readonly name: string;
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly writeOnly: boolean;
  readonly spot: Spot;
}

interface Common {
  readonly nullable: boolean;
  /** Where it stands. */
  readonly pointer: string;
  readonly description: string;
  /** Undefined: none. */
  readonly preset: unknown;
}

export interface ObjectShape extends Common {
  readonly kind: 'object';
  readonly fields: readonly ShapeField[];
  /** Whether members that are not named are refused. */
  readonly isClosed: boolean;
}

export interface ListShape extends Common {
  readonly kind: 'list';
  readonly items: Spot | null;
}

export interface TextShape extends Common {
  readonly kind: 'text';
  readonly format: string;
  /** Empty: any text. */
  readonly values: readonly string[];
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly pattern: string | undefined;
}

export interface NumberShape extends Common {
  readonly kind: 'integer' | 'number';
  readonly format: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** `any`: several kinds of values, or nothing is said. */
export interface OtherShape extends Common {
  readonly kind: 'boolean' | 'any';
}

export type Shape = ObjectShape | ListShape | TextShape | NumberShape | OtherShape;

/** Many authors write `number` for what is counted, and for keys. */
export function isNumeric({ kind }: Shape): boolean {
  return kind === 'integer' || kind === 'number';
}

/** How deep schemas may be put together of others. */
const MAX_DEPTH = 24;

/** All that is said of a value at once: parts of `allOf` are laid over each other. */
interface Traits {
  types: Set<string>;
  nullable: boolean;
  isMixed: boolean;
  isClosed: boolean;
  readonly words: Map<string, unknown>;
  readonly properties: Map<string, Spot>;
  readonly required: Set<string>;
  items: Spot | null;
}

const WORDS = [
  'format',
  'enum',
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'default',
  'description',
] as const;

/** Reads the schema at a place. Throws `contract.invalid` for references that lead nowhere. */
export function shapeOf(document: ApiDocument, spot: Spot): Shape {
  const traits: Traits = {
    types: new Set(),
    nullable: false,
    isMixed: false,
    isClosed: false,
    words: new Map(),
    properties: new Map(),
    required: new Set(),
    items: null,
  };
  gather(document, spot, traits, 0);
  return shapeFrom(traits, spot.pointer);
}

function gather(document: ApiDocument, given: Spot, traits: Traits, depth: number): void {
  if (depth > MAX_DEPTH) {
    traits.isMixed = true;
    return;
  }
  const spot = document.follow(given);
  const { value } = spot;
  for (const [, part] of document.members(document.at(spot, 'allOf'))) gather(document, part, traits, depth + 1);
  gatherTypes(value, traits);
  if (member(value, 'nullable') === true) traits.nullable = true;
  if (member(value, 'additionalProperties') === false) traits.isClosed = true;
  if (Object.hasOwn(value, 'const')) traits.words.set('enum', [value.const]);
  for (const word of WORDS) if (Object.hasOwn(value, word)) traits.words.set(word, value[word]);
  for (const [name, field] of document.members(document.at(spot, 'properties'))) traits.properties.set(name, field);
  const required = member(value, 'required');
  for (const name of Array.isArray(required) ? required : []) traits.required.add(String(name));
  traits.items = document.at(spot, 'items') ?? traits.items;
  for (const key of ['oneOf', 'anyOf']) gatherChoices(document, document.at(spot, key), traits, depth);
}

function gatherTypes(value: unknown, traits: Traits): void {
  const type = member(value, 'type');
  const named = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string');
  if (named.includes('null')) traits.nullable = true;
  const own = named.filter((name) => name !== 'null');
  if (own.length > 0) traits.types = new Set(own);
}

/** "This or nothing" is this, and may be empty; of several, nothing is known. */
function gatherChoices(document: ApiDocument, choices: Spot | null, traits: Traits, depth: number): void {
  const spots = document.members(choices).map(([, spot]) => spot);
  const filled = spots.filter(({ value }) => member(value, 'type') !== 'null');
  if (filled.length < spots.length) traits.nullable = true;
  const [only] = filled;
  if (filled.length === 1 && only) gather(document, only, traits, depth + 1);
  else if (filled.length > 1 && !filled.every(isDemandOnly)) traits.isMixed = true;
}

/** `anyOf: [{ required: [a] }, { required: [b] }]` says nothing about what the values are. */
function isDemandOnly({ value }: Spot): boolean {
  return Object.keys(value).every((name) => name === 'required');
}

function shapeFrom(traits: Traits, pointer: string): Shape {
  const { words, nullable } = traits;
  const number = (name: string) => numberOf(words.get(name));
  const text = (name: string) => {
    const said = words.get(name);
    return typeof said === 'string' ? said : undefined;
  };
  const choices = words.get('enum');
  const values: readonly unknown[] = Array.isArray(choices) ? choices : [];
  const common: Common = {
    nullable: nullable || values.includes(null),
    pointer,
    description: text('description') ?? '',
    preset: words.get('default'),
  };
  switch (traits.isMixed || traits.types.size > 1 ? 'any' : kindOf(traits, values)) {
    case 'object':
      return { ...common, kind: 'object', fields: fieldsOf(traits), isClosed: traits.isClosed };
    case 'array':
      return { ...common, kind: 'list', items: traits.items };
    case 'string':
      return {
        ...common,
        kind: 'text',
        format: text('format') ?? '',
        values: values.filter((value) => typeof value === 'string'),
        minLength: number('minLength'),
        maxLength: number('maxLength'),
        pattern: text('pattern'),
      };
    case 'integer':
    case 'number': {
      const kind = traits.types.has('integer') ? 'integer' : 'number';
      return { ...common, kind, format: text('format') ?? '', ...boundsOf(kind, number, words) };
    }
    case 'boolean':
      return { ...common, kind: 'boolean' };
    default:
      return { ...common, kind: 'any' };
  }
}

function kindOf(traits: Traits, values: readonly unknown[]): string {
  const [type] = traits.types;
  if (type !== undefined) return type;
  if (traits.properties.size > 0) return 'object';
  if (traits.items) return 'array';
  return values.length > 0 && values.every((value) => typeof value === 'string') ? 'string' : '';
}

function fieldsOf({ properties, required }: Traits): readonly ShapeField[] {
  return [...properties].map(([name, spot]) => ({
    name,
    required: required.has(name),
    readOnly: member(spot.value, 'readOnly') === true,
    writeOnly: member(spot.value, 'writeOnly') === true,
    spot,
  }));
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Of a whole number, "more than 3" is "4 or more". In 3.0 the exclusive bounds say of the others that they are. */
function boundsOf(
  kind: 'integer' | 'number',
  number: (name: string) => number | undefined,
  words: ReadonlyMap<string, unknown>,
): { min: number | undefined; max: number | undefined } {
  const step = kind === 'integer' ? 1 : 0;
  const bound = (plain: string, exclusive: string, direction: 1 | -1): number | undefined => {
    const own = number(plain);
    const strict = words.get(exclusive) === true ? own : number(exclusive);
    return strict === undefined ? own : strict + direction * step;
  };
  return { min: bound('minimum', 'exclusiveMinimum', 1), max: bound('maximum', 'exclusiveMaximum', -1) };
}
