import { type ApiDocument, isJson, member, type Spot } from '../../../domain/api-document.ts';
import { commentText, jsonCode, LINE_WIDTH, pascalCase, property } from '../source.ts';

/** Names that stand for something else in a client. */
const TAKEN = [
  ...['ApiError', 'Ask', 'Client', 'ClientOptions', 'Options', 'Promise', 'Record', 'Omit', 'Array', 'Object'],
  ...['String', 'Number', 'Boolean', 'Date', 'Error', 'Function', 'Symbol', 'Map', 'Set'],
];
/** Longer names leave no room on a line. */
const MAX_NAME = 60;
const MAX_DEPTH = 40;

/** A member of an interface; `parts` are the types it may have. */
export interface TypeMember {
  readonly name: string;
  readonly isOptional: boolean;
  readonly parts: readonly string[];
  readonly about: string;
}

/**
 * Types of TypeScript for the schemas of a document. Whatever is more than a word or a list of it gets a name and a
 * declaration of its own, so that no line holds more than one thing.
 */
export class TypeCode {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set(TAKEN.map((name) => name.toLowerCase()));
  readonly #declarations: (() => string)[] = [];

  /** `taken` are names that stand for something else where the types will stand. */
  constructor(
    readonly document: ApiDocument,
    taken: readonly string[] = [],
  ) {
    for (const name of taken) this.#taken.add(name.toLowerCase());
  }

  /** A name that nothing else has. */
  nameFor(wanted: string): string {
    const base = (pascalCase(wanted).replace(/^(?=\d)/, 'T') || 'Value').slice(0, MAX_NAME);
    let name = base;
    for (let number = 2; this.#taken.has(name.toLowerCase()); number += 1) name = `${base}${number}`;
    this.#taken.add(name.toLowerCase());
    return name;
  }

  /** Declares an interface of its own. */
  declare(name: string, members: readonly TypeMember[], about: string): void {
    this.#declarations.push(() => interfaceCode(name, members, about));
  }

  /** The types a value may have; `hint` is what it is called when it needs a name. */
  partsOf(given: Spot, hint: string, depth = 0): readonly string[] {
    const spot = this.document.follow(given);
    const { value, pointer } = spot;
    const known = this.#names.get(pointer);
    if (known !== undefined) return withNull([known], value);
    if (depth > MAX_DEPTH) return ['unknown'];
    const component = /^#\/components\/schemas\/([^/]+)$/.exec(pointer)?.[1];
    const isNamed = component !== undefined || needsName(value);
    if (!isNamed) return withNull(this.#plain(spot, hint, depth), value);
    const name = this.nameFor(component ?? hint);
    this.#names.set(pointer, name);
    const place = this.#declarations.length;
    this.#declarations.push(() => '');
    const code = this.#declaration(name, spot, depth);
    this.#declarations[place] = () => code;
    return withNull([name], value);
  }

  /** All that was declared, in the order it was asked for. */
  code(): readonly string[] {
    return this.#declarations.map((write) => write());
  }

  #declaration(name: string, spot: Spot, depth: number): string {
    const { value } = spot;
    const about = commentText(textOf(value.description));
    const all = this.document.members(this.document.at(spot, 'allOf'));
    if (all.length > 0) {
      const own = this.#members(spot, name, depth);
      const rest = own.length > 0 ? [this.nameFor(`${name} own`)] : [];
      for (const other of rest) this.declare(other, own, '');
      const parts = all.map(([, part], index) => grouped(this.partsOf(part, `${name} ${index + 1}`, depth + 1)));
      return aliasCode(name, [...parts, ...rest], about, ' &');
    }
    if (isObject(value)) {
      const members = this.#members(spot, name, depth);
      const rest = this.#rest(spot, name, depth);
      if (members.length > 0) return interfaceCode(name, members, about, rest === null ? [] : ['unknown']);
      return aliasCode(name, [`Record<string, ${(rest ?? ['unknown']).join(' | ')}>`], about, ' |');
    }
    return aliasCode(name, this.#plain(spot, name, depth), about, ' |');
  }

  #members(spot: Spot, name: string, depth: number): readonly TypeMember[] {
    const required: readonly unknown[] = Array.isArray(spot.value.required) ? spot.value.required : [];
    return this.document.members(this.document.at(spot, 'properties')).map(([own, field]) => ({
      name: own,
      isOptional: !required.includes(own),
      parts: this.partsOf(field, `${name} ${own}`, depth + 1),
      about: commentText(textOf(field.value.description)),
    }));
  }

  /** Types of members that have no names; null: there are none. */
  #rest(spot: Spot, name: string, depth: number): readonly string[] | null {
    const said = member(spot.value, 'additionalProperties');
    if (said === true) return ['unknown'];
    const rest = this.document.at(spot, 'additionalProperties');
    return rest ? this.partsOf(rest, `${name} value`, depth + 1) : null;
  }

  #plain(spot: Spot, hint: string, depth: number): readonly string[] {
    const { value } = spot;
    const choices: unknown = Object.hasOwn(value, 'const') ? [value.const] : value.enum;
    if (Array.isArray(choices)) return [...new Set(choices.map(literalCode))];
    const others = ['oneOf', 'anyOf'].flatMap((word) => this.document.members(this.document.at(spot, word)));
    if (others.length > 0) {
      const parts = others.flatMap(([, one], index) => this.partsOf(one, `${hint} ${index + 1}`, depth + 1));
      return [...new Set(parts)];
    }
    const types: readonly unknown[] = Array.isArray(value.type) ? value.type : [value.type];
    return [...new Set(types.flatMap((type) => this.#word(type, spot, hint, depth)))];
  }

  #word(type: unknown, spot: Spot, hint: string, depth: number): readonly string[] {
    if (type === 'string' || type === 'boolean' || type === 'null') return [type];
    if (type === 'integer' || type === 'number') return ['number'];
    if (type === 'object') return ['Record<string, unknown>'];
    if (type !== 'array') return ['unknown'];
    const items = this.document.at(spot, 'items');
    return [`${grouped(items ? this.partsOf(items, `${hint} item`, depth + 1) : ['unknown'])}[]`];
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function literalCode(value: unknown): string {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value) ? jsonCode(value) : 'unknown';
}

const isObject = (value: Spot['value']): boolean =>
  isJson(value.properties) || (value.type === 'object' && !Array.isArray(value.enum));

/** A choice of values that would fill most of a line. */
const LONG_CHOICE = 60;

function needsName(value: Spot['value']): boolean {
  if (isObject(value) || Array.isArray(value.allOf)) return true;
  return Array.isArray(value.enum) && value.enum.map(literalCode).join(' | ').length > LONG_CHOICE;
}

/** `unknown` takes everything else in. */
function withNull(parts: readonly string[], value: Spot['value']): readonly string[] {
  if (parts.includes('unknown')) return ['unknown'];
  const types: readonly unknown[] = Array.isArray(value.type) ? value.type : [];
  const isNullable = member(value, 'nullable') === true || types.includes('null');
  return isNullable && !parts.includes('null') ? [...parts, 'null'] : parts;
}

const grouped = (parts: readonly string[]): string => (parts.length === 1 ? parts.join('') : `(${parts.join(' | ')})`);

function aliasCode(name: string, parts: readonly string[], about: string, sign: ' |' | ' &'): string {
  const note = about === '' ? '' : `/** ${about} */\n`;
  const line = `export type ${name} = ${parts.join(`${sign} `)};`;
  if (line.length <= LINE_WIDTH || parts.length === 1) return note + line;
  const lines = sign === ' |' ? parts.map((part) => `  | ${part}`) : [parts.join(' &\n  ')];
  return `${note}export type ${name} =${sign === ' |' ? '\n' : ' '}${lines.join('\n')};`;
}

function interfaceCode(name: string, members: readonly TypeMember[], about: string, rest: readonly string[] = []) {
  const note = about === '' ? '' : `/** ${about} */\n`;
  if (members.length === 0 && rest.length === 0) return `${note}export type ${name} = Record<never, never>;`;
  const lines = members.map(memberCode);
  if (rest.length > 0) lines.push(`  [name: string]: ${rest.join(' | ')};`);
  return `${note}export interface ${name} {\n${lines.join('\n')}\n}`;
}

function memberCode({ name, isOptional, parts, about }: TypeMember): string {
  const start = `  ${property(name)}${isOptional ? '?' : ''}:`;
  const line = `${start} ${parts.join(' | ')};`;
  const broken = `${start}\n${parts.map((part) => `    | ${part}`).join('\n')};`;
  const note = about === '' ? '' : `  /** ${about} */\n`;
  return note + (line.length <= LINE_WIDTH || parts.length === 1 ? line : broken);
}
