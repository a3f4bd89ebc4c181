import type { InputField } from '../../../domain/rest.ts';
import type { Resource } from '../resource.ts';
import { jsonCode, quoted } from '../source.ts';
import { fieldRule, type ValueRule } from '../value-rule.ts';

/** A value in code, just outside of what a field takes, and what is said about it. */
export interface RefusedValue {
  readonly code: string;
  readonly message: string;
}

/** What is tried on a field: values just outside of its limits, and just inside. */
export interface Limits {
  readonly refused: readonly RefusedValue[];
  readonly accepted: readonly string[];
}

/** What is said about a value of another kind. */
const KINDS: Readonly<
  Record<Exclude<ValueRule['kind'], 'enum' | 'list'>, { message: string; wrong: readonly string[] }>
> = {
  text: { message: 'must be a text', wrong: ['1'] },
  email: { message: 'must be a text', wrong: ['1'] },
  integer: { message: 'must be a number', wrong: ["'1'"] },
  float: { message: 'must be a number', wrong: ["'1'"] },
  decimal: { message: 'must be a decimal number', wrong: ["'one'", 'true'] },
  boolean: { message: 'must be true or false', wrong: ["'true'"] },
  date: { message: 'must be a date like 2026-01-31', wrong: ["'2026-02-30'"] },
  time: { message: 'must be a time like 10:00:00', wrong: ["'25:00:00'"] },
  instant: { message: 'must be a time like 2026-01-31T10:00:00Z', wrong: ["'2026-01-31'"] },
  localDateTime: { message: 'must be a time like 2026-01-31T10:00:00', wrong: ["'2026-01-31'"] },
  interval: { message: 'must be a duration like PT1H30M', wrong: ["'soon'"] },
  uuid: { message: 'must be a UUID', wrong: ["'1'"] },
  json: { message: 'must be a JSON value', wrong: [] },
  bytes: { message: 'must be base64', wrong: ["'%'"] },
  network: { message: 'must be an IP address', wrong: ["'300.1.1.1'"] },
};

/** `1 character`, `2 characters`. */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Longer texts are not sent: they say nothing more. */
const LONGEST = 20_000;

function textLimits({ bounds: { min = 0, max } }: Extract<ValueRule, { bounds: object }>, unit: string): Limits {
  const repeated = (count: number) => (count === 0 ? "''" : `'${unit}'.repeat(${count})`);
  const refused: RefusedValue[] = [
    {
      code: `'${'x'.repeat(Math.min(Math.max(min, 1), 40))}\\0'`,
      message: 'contains characters that cannot be stored',
    },
  ];
  const accepted = [repeated(min)];
  if (min > 0) {
    refused.push({ code: repeated(min - 1), message: `must have at least ${counted(min, 'character')}` });
  }
  if (max !== undefined && max <= LONGEST) {
    refused.push({ code: repeated(max + 1), message: `must have at most ${counted(max, 'character')}` });
    accepted.push(repeated(max));
  }
  // A NUL must be the only thing that is wrong.
  return { refused: max !== undefined && max < 2 ? refused.slice(1) : min > 40 ? refused.slice(1) : refused, accepted };
}

/** An address of exactly this many characters. */
function addressCode(length: number): string {
  const [labels, rest] = [Math.floor((length - 14) / 4), (length - 14) % 4];
  return `\`${'x'.repeat(rest + 2)}@\${'abc.'.repeat(${labels})}example.com\``;
}

function emailLimits({ bounds }: Extract<ValueRule, { bounds: object }>): Limits {
  const max = bounds.max ?? 254;
  return {
    refused: [
      { code: "'not an address'", message: 'must be an e-mail address' },
      { code: "'ada@nowhere'", message: 'must be an e-mail address' },
      ...(max >= 18 ? [{ code: addressCode(max + 1), message: `must have at most ${counted(max, 'character')}` }] : []),
    ],
    accepted: max >= 18 ? [addressCode(max)] : [],
  };
}

function integerLimits({ bounds }: Extract<ValueRule, { bounds: object }>): Limits {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = bounds;
  return {
    refused: [
      { code: '1.5', message: 'must be a whole number' },
      { code: String(min - 1), message: `must be at least ${min}` },
      { code: String(max + 1), message: `must be at most ${max}` },
    ].filter(({ code }) => code !== '1.5' || (min <= 1 && max >= 2)),
    accepted: [String(min), String(max)],
  };
}

function decimalLimits(rule: Extract<ValueRule, { kind: 'decimal' }>): Limits {
  const { whole, fraction, min, max } = rule.bounds;
  const refused: RefusedValue[] = [];
  const accepted: string[] = [];
  if (whole !== undefined && max === undefined) {
    refused.push({
      code: `'1${'0'.repeat(whole)}'`,
      message: `must have at most ${counted(whole, 'digit')} before the point`,
    });
    if (whole > 0) accepted.push(`'${'9'.repeat(whole)}${fraction ? `.${'9'.repeat(fraction)}` : ''}'`);
  }
  if (fraction !== undefined && (min === undefined || min <= 1) && (max === undefined || max >= 2) && whole !== 0) {
    const code = `'1.${'0'.repeat(fraction)}1'`;
    refused.push({ code, message: `must have at most ${counted(fraction, 'digit')} after the point` });
  }
  if (min !== undefined) refused.push({ code: String(min - 1), message: `must be at least ${min}` });
  if (max !== undefined) refused.push({ code: String(max + 1), message: `must be at most ${max}` });
  return { refused, accepted };
}

function floatLimits({ bounds: { min, max } }: Extract<ValueRule, { bounds: object }>): Limits {
  const isSmall = (bound: number | undefined): bound is number => bound !== undefined && Math.abs(bound) < 1e15;
  return {
    refused: [
      ...(isSmall(min) ? [{ code: String(min - 1), message: `must be at least ${min}` }] : []),
      ...(isSmall(max) ? [{ code: String(max + 1), message: `must be at most ${max}` }] : []),
    ],
    accepted: [...(isSmall(min) ? [String(min)] : []), ...(isSmall(max) ? [String(max)] : [])],
  };
}

function boundLimits(rule: ValueRule, hashed: boolean): Limits {
  switch (rule.kind) {
    case 'text':
      return textLimits(rule, 'x');
    case 'email':
      return emailLimits(rule);
    case 'integer':
      return integerLimits(rule);
    case 'decimal':
      return decimalLimits(rule);
    case 'float':
      return floatLimits(rule);
    case 'enum':
      return { refused: [], accepted: hashed ? [] : rule.values.map((value) => quoted(value)) };
    case 'boolean':
      return { refused: [], accepted: ['true', 'false'] };
    default:
      return { refused: [], accepted: [] };
  }
}

/** What is said about null and about a value of another kind. */
function kindOf(rule: ValueRule): { readonly message: string; readonly wrong: readonly string[] } {
  if (rule.kind === 'list') return { message: 'must be a list', wrong: ["'one'"] };
  if (rule.kind !== 'enum') return KINDS[rule.kind];
  return { message: `must be one of: ${rule.values.join(', ')}`, wrong: [jsonCode(`no ${rule.values[0]}`)] };
}

/** The limits of a field, from the rule its validation is written from. */
export function limitsOf(resource: Resource, field: InputField): Limits {
  const rule = fieldRule(resource, field);
  const bounds = boundLimits(rule, field.hashed);
  const kind = kindOf(rule);
  const { nullable } = field.column;
  const wrong = [...kind.wrong, ...(nullable ? [] : ['null'])];
  return {
    refused: [...wrong.map((code) => ({ code, message: kind.message })), ...bounds.refused],
    accepted: [...bounds.accepted, ...(nullable ? ['null'] : [])],
  };
}
