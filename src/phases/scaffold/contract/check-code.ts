import type { ContractBody, ContractCheck, ContractMember } from '../../../domain/contract-values.ts';
import { LINE_WIDTH, numberCode, property, quoted } from '../source.ts';

/** Checks of a contract as code of `server/lib/values.ts` and zod. */

/** `home.method(argument)`, and what is called on that. */
interface Call {
  readonly home: 'value' | 'z';
  readonly method: string;
  readonly argument: Argument;
  readonly tail: readonly string[];
}

type Argument =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'items'; readonly open: '{' | '['; readonly items: readonly Item[] };

interface Item {
  /** `name: `, or nothing. */
  readonly lead: string;
  readonly value: Call | string;
}

interface Member extends ContractMember {
  /** Stands for the check, whatever that is. */
  readonly code?: string | undefined;
}

/** What stands on the line beside a call: how far in it begins, and how many characters are before and behind it. */
interface Place {
  readonly indent: number;
  readonly before: number;
  readonly after: number;
}

function bounded(method: string, bounds: Readonly<Record<string, number | undefined>>): Call {
  const items = Object.entries(bounds).flatMap(([key, bound]) =>
    bound === undefined ? [] : [{ lead: `${key}: `, value: numberCode(bound) }],
  );
  const argument: Argument = items.length === 0 ? { kind: 'text', text: '' } : { kind: 'items', open: '{', items };
  return { home: 'value', method, argument, tail: [] };
}

function callOf(check: ContractCheck): Call {
  const call = plainCall(check);
  return check.nullable && check.kind !== 'any' ? { ...call, tail: [...call.tail, '.nullable()'] } : call;
}

function plainCall(check: ContractCheck): Call {
  const none: Argument = { kind: 'text', text: '' };
  switch (check.kind) {
    case 'text': {
      const call = bounded('text', { min: check.min, max: check.max });
      const { pattern } = check;
      if (check.format) return { ...call, tail: [`.superRefine(formatted(${quoted(check.format)}))`] };
      return pattern === undefined ? call : { ...call, tail: [`.superRefine(matching(${quoted(pattern)}))`] };
    }
    case 'integer':
      return bounded('integer', { min: check.min, max: check.max });
    case 'number':
      return bounded('float', { min: check.min, max: check.max });
    case 'choice': {
      const items = check.values.map((value) => ({ lead: '', value: quoted(value) }));
      return { home: 'value', method: 'oneOf', argument: { kind: 'items', open: '[', items }, tail: [] };
    }
    case 'list':
      return { home: 'value', method: 'list', argument: { kind: 'call', call: callOf(check.item) }, tail: [] };
    case 'object':
      return objectCall(check.members);
    case 'any':
      return { home: 'value', method: 'json', argument: none, tail: [] };
    default:
      return { home: 'value', method: check.kind, argument: none, tail: [] };
  }
}

/** `z.object({ … })`; members that are not known are left out, as a contract has it. */
function objectCall(members: readonly Member[]): Call {
  const items = members.map(({ name, required, check, code }): Item => {
    const lead = `${property(name)}: `;
    if (code !== undefined) return { lead, value: `${code}${required ? '' : '.optional()'}` };
    const call = callOf(check);
    const isOpen = check.kind === 'any' && check.nullable;
    const more = [...(isOpen ? ['.nullable()'] : []), ...(required ? [] : ['.optional()'])];
    return { lead, value: { ...call, tail: [...call.tail, ...more] } };
  });
  return { home: 'z', method: 'object', argument: { kind: 'items', open: '{', items }, tail: [] };
}

const CLOSING = { '{': '}', '[': ']' } as const;

function flat(call: Call): string {
  return `${call.home}.${call.method}(${flatArgument(call.argument)})${call.tail.join('')}`;
}

function flatArgument(argument: Argument): string {
  switch (argument.kind) {
    case 'text':
      return argument.text;
    case 'call':
      return flat(argument.call);
    case 'items': {
      const items = argument.items.map(
        ({ lead, value }) => `${lead}${typeof value === 'string' ? value : flat(value)}`,
      );
      const space = argument.open === '{' && items.length > 0 ? ' ' : '';
      return `${argument.open}${space}${items.join(', ')}${space}${CLOSING[argument.open]}`;
    }
  }
}

/** On one line where it fits; otherwise broken where the formatter breaks: before what is called on it, then inside. */
function laidOut(call: Call, { indent, before, after }: Place): string {
  const line = flat(call);
  if (indent + before + line.length + after <= LINE_WIDTH) return line;
  if (call.tail.length === 0) return `${call.home}.${call.method}(${broken(call.argument, indent)})`;
  const pad = `\n${' '.repeat(indent + 2)}`;
  const argument = flatArgument(call.argument);
  const fits = indent + 2 + `.${call.method}(${argument})`.length <= LINE_WIDTH;
  const inside = fits ? argument : broken(call.argument, indent + 2);
  return `${call.home}${pad}.${call.method}(${inside})${call.tail.map((part) => `${pad}${part}`).join('')}`;
}

function broken(argument: Argument, indent: number): string {
  const pad = `\n${' '.repeat(indent)}`;
  switch (argument.kind) {
    case 'text':
      return argument.text;
    case 'call':
      return `${pad}  ${laidOut(argument.call, { indent: indent + 2, before: 0, after: 1 })},${pad}`;
    case 'items': {
      const items = argument.items.map(({ lead, value }) => {
        const place = { indent: indent + 2, before: lead.length, after: 1 };
        return `${pad}  ${lead}${typeof value === 'string' ? value : laidOut(value, place)},`;
      });
      return items.length === 0
        ? flatArgument(argument)
        : `${argument.open}${items.join('')}${pad}${CLOSING[argument.open]}`;
    }
  }
}

/** The check of a value in a body, on one line. */
export function valueCode(check: ContractCheck): string {
  return flat(callOf(check));
}

/** `const bodySchema = …;`. `codeOf` is for members with a check of their own. */
export function bodySchema(body: ContractBody, codeOf: (column: string) => string | undefined): string {
  const inner = objectCall(body.inputs.map((input) => ({ ...input, code: codeOf(input.column) })));
  const lead = body.wrap === null ? '' : `${property(body.wrap)}: `;
  const wrapped: Argument = { kind: 'items', open: '{', items: [{ lead, value: inner }] };
  const whole = body.wrap === null ? inner : { ...inner, argument: wrapped };
  const start = 'const bodySchema = ';
  return `${start}${laidOut(whole, { indent: 0, before: start.length, after: 1 })};`;
}

/** A parameter of a query that may be left out: `tail` says what stands for it. */
export interface QueryMember {
  readonly name: string;
  readonly check: ContractCheck;
  readonly tail: string;
}

/** `const querySchema = z.object({ … });`. */
export function querySchema(members: readonly QueryMember[]): string {
  const items = members.map(({ name, check, tail }): Item => {
    const call = textCall(check);
    const more = tail === '' ? [] : [tail];
    return { lead: `${property(name)}: `, value: { ...call, tail: [...call.tail, ...more] } };
  });
  const start = 'const querySchema = ';
  const whole: Call = { home: 'z', method: 'object', argument: { kind: 'items', open: '{', items }, tail: [] };
  return `${start}${laidOut(whole, { indent: 0, before: start.length, after: 1 })};`;
}

/** The check of a value in a path or a query, which is text. */
export function textCode(check: ContractCheck): string {
  return flat(textCall(check));
}

function textCall(check: ContractCheck): Call {
  switch (check.kind) {
    case 'integer':
      return bounded('integerText', { min: check.min, max: check.max });
    case 'number':
      return bounded('floatText', { min: check.min, max: check.max });
    case 'boolean':
      return { home: 'value', method: 'booleanText', argument: { kind: 'text', text: '' }, tail: [] };
    case 'list':
      return { home: 'value', method: 'list', argument: { kind: 'call', call: textCall(check.item) }, tail: [] };
    default:
      return callOf({ ...check, nullable: false });
  }
}
