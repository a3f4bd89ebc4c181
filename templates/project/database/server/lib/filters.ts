import { z } from 'zod';
import type { Column, Columns, Operator } from './columns.ts';
import { text } from './values.ts';

/** One condition; `value` has been checked. */
export interface Condition {
  readonly column: Column;
  readonly operator: Operator;
  readonly value: unknown;
}

/** Notes what is wrong with a parameter. */
export type Report = (field: string, message: string) => void;

const MAX_VALUES = 100;
const FILTER = /^([a-z][a-z0-9_]*)(?:\[([a-z]+)\])?$/;

/** `status=draft` or `views[gte]=10`. Nothing, and a report, when there is no such filter or its value is not valid. */
export function readCondition(
  name: string,
  value: string,
  columns: Columns,
  report: Report,
): Condition[] {
  const [, field = '', operator = 'eq'] = FILTER.exec(name) ?? [];
  const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
  const known = column?.operators.find((candidate) => candidate === operator);
  if (!column || column.operators.length === 0) report(name, 'is not known here');
  else if (!known) report(name, `must be compared with one of: ${column.operators.join(', ')}`);
  else {
    const result = checkOf(known, column).safeParse(value);
    if (result.success) return [{ column, operator: known, value: result.data }];
    report(name, result.error.issues[0]?.message ?? 'is not valid');
  }
  return [];
}

/** Commas separate; one that belongs to a value is written `\,`, and a backslash `\\`. */
function splitList(given: unknown): string[] {
  const items: string[] = [];
  let item = '';
  for (const [part, escaped] of String(given).matchAll(/\\([\\,])|,|[^\\,]+|\\/g)) {
    if (part === ',') items.push(item);
    item = part === ',' ? '' : item + (escaped ?? part);
  }
  return [...items, item];
}

const PATTERN = text().refine(
  (pattern) => /^(?:[^\\]|\\.)*$/su.test(pattern),
  'must not end with a single backslash',
);
const FLAG = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((flag) => flag === 'true');

function checkOf(operator: Operator, { value }: Column): z.ZodType {
  switch (operator) {
    case 'null':
      return FLAG;
    case 'like':
      return PATTERN;
    case 'in':
      return z.preprocess(
        splitList,
        z.array(value).max(MAX_VALUES, `must be at most ${MAX_VALUES} values`),
      );
    default:
      return value;
  }
}
