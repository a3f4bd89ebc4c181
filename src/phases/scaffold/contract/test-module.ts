import type {
  ContractAction,
  ContractAddress,
  ContractBody,
  ContractCheck,
  ContractPlan,
  ContractView,
  PlannedOperation,
  ViewField,
} from '../../../domain/contract-plan.ts';
import { patternParts } from '../../../domain/pattern-parts.ts';
import type { Schema } from '../../../domain/schema.ts';
import { formatJson } from '../openapi/format-json.ts';

/**
 * `test/operations.json`: how each operation of the contract is tried. `#` in a text is another number each time.
 * `written`: the ids of those that somebody wrote, and tests for them.
 */
export function testData(plan: ContractPlan, schema: Schema, written: ReadonlySet<string>): string {
  return formatJson(plan.operations.map((operation) => dataOf(operation, plan, schema, written)));
}

function dataOf(operation: PlannedOperation, plan: ContractPlan, schema: Schema, written: ReadonlySet<string>): object {
  const { id, method, path, guard, status, action } = operation;
  const common = { id, method: method.toUpperCase(), path, guard, kind: action.kind, ...keyOf(operation, plan) };
  if (action.kind === 'custom') {
    return written.has(id)
      ? { ...common, kind: 'written', status, params: [] }
      : { ...common, status: 501, params: [] };
  }
  const body = 'body' in action ? sampleBody(action.body, schema, plan) : null;
  return {
    ...common,
    status,
    params: paramsOf(addressFor(action), plan),
    ...tiedBy(operation, plan),
    ...neededQuery(action),
    ...(body === null ? {} : { body }),
    ...('body' in action && action.body.inputs.some(({ required }) => required) ? { demands: true } : {}),
    ...(action.kind === 'create' ? { makes: action.table } : {}),
    ...(action.kind === 'change' || action.kind === 'remove' ? { isOwned: isOwned(action.address.table, schema) } : {}),
    ...('view' in action && action.view ? { wrap: action.view.wrap } : {}),
    ...(action.kind === 'register' || action.kind === 'login' ? { token: tokenPath(action.view) } : {}),
  };
}

function addressFor(action: ContractAction): ContractAddress | null {
  if ('address' in action) return action.address;
  if (action.kind === 'link') return { ...action.target, parent: { address: action.parent, column: '', link: null } };
  return 'parent' in action ? (action.parent?.address ?? null) : null;
}

/** The parameters that a list cannot be asked for without. */
function neededQuery(action: ContractAction): object {
  const needed = action.kind === 'list' ? action.filters.filter(({ isRequired }) => isRequired) : [];
  if (needed.length === 0) return {};
  const values = needed.map(({ param, check }): [string, string] => [
    param,
    plainSample(check.kind === 'list' ? check.item : check),
  ]);
  return { query: new URLSearchParams(values).toString() };
}

function plainSample(check: ContractCheck): string {
  if (check.kind !== 'text') return String(sampleOf(check));
  if (check.pattern === undefined) return 'text'.padEnd(check.min ?? 0, 'x').slice(0, check.max);
  return (patternParts(check.pattern) ?? []).map(({ chars, count }) => (chars[0] ?? '').repeat(count)).join('');
}

/** What is tied together has to be before it is read or taken apart. */
function tiedBy({ path, action }: PlannedOperation, { operations }: ContractPlan): object {
  const on = operations.find((other) => other.path === path && other.action.kind === 'link' && other.action.isOn);
  const needsTie = action.kind === 'read' || (action.kind === 'link' && !action.isOn);
  return on && needsTie ? { tiedBy: on.id } : {};
}

/** How a request carries the key that opens an operation, and whether it has to be good for something. */
function keyOf({ opens }: PlannedOperation, { keys }: ContractPlan): object {
  const [[scheme, scopes] = ['', []]] = Object.entries(opens);
  const place = keys?.places[scheme];
  if (!place) return {};
  const needsScope = Object.values(opens).every((wanted) => wanted.length > 0);
  return { key: place, ...(needsScope && scopes.length > 0 ? { scopes } : {}) };
}

function isOwned(table: string, schema: Schema): boolean {
  return schema.tables.find(({ name }) => name === table)?.access?.write === 'owner';
}

/** Where each parameter of a path is found: in the answer that made the row. */
function paramsOf(address: ContractAddress | null, plan: ContractPlan): readonly object[] {
  const found: object[] = [];
  for (let next = address; next; next = next.parent?.address ?? null) {
    found.unshift({ name: next.param, table: next.table, field: fieldFor(next.table, next.column, plan) });
  }
  return found;
}

/** The member that shows a column in the answer that makes a row; null when none does. */
function fieldFor(table: string, column: string, plan: ContractPlan): string | null {
  for (const { action } of plan.operations) {
    const isMaking = (action.kind === 'create' && action.table === table) || action.kind === 'register';
    if (!isMaking || !action.view) continue;
    const field = flat(action.view.fields).find((own) => own.kind === 'column' && own.column === column);
    if (field) return field.name;
  }
  return null;
}

function flat(fields: readonly ViewField[]): readonly ViewField[] {
  return fields.flatMap((field) => (field.kind === 'self' ? flat(field.fields) : [field]));
}

function tokenPath(view: ContractView): readonly string[] {
  const path = (fields: readonly ViewField[]): readonly string[] | null => {
    for (const field of fields) {
      if (field.kind === 'token') return [field.name];
      const inner = field.kind === 'self' ? path(field.fields) : null;
      if (inner) return [field.name, ...inner];
    }
    return null;
  };
  return [...(view.wrap === null ? [] : [view.wrap]), ...(path(view.fields) ?? [])];
}

function sampleBody(body: ContractBody, schema: Schema, plan: ContractPlan): unknown {
  const entries = body.inputs.map((input): [string, unknown] => {
    const reference = schema.tables
      .flatMap(({ columns }) => columns)
      .find(({ name, references }) => name === input.column && references !== null)?.references;
    if (reference)
      return [input.name, { made: reference.table, field: fieldFor(reference.table, reference.column, plan) }];
    return [input.name, input.isPassword ? 'correct horse battery' : sampleOf(input.check)];
  });
  const inner = Object.fromEntries(entries);
  return body.wrap === null ? inner : { [body.wrap]: inner };
}

function sampleOf(check: ContractCheck): unknown {
  switch (check.kind) {
    case 'text': {
      if (check.pattern !== undefined) return { random: patternParts(check.pattern) ?? [] };
      if (check.max === undefined || check.max >= 12) return 'text #'.padEnd(check.min ?? 0, 'x');
      return { random: [{ chars: 'abcdefghijklmnopqrstuvwxyz', count: check.max }] };
    }
    case 'email':
      return 'person#@example.com';
    case 'uuid':
      return '6f1c2b9e-3a44-4c57-9d5b-2f8f0a7f1c11';
    case 'instant':
      return '2026-01-31T10:00:00Z';
    case 'date':
      return '2026-01-31';
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return Math.min(Math.max(1, check.min ?? 1), check.max ?? 1);
    case 'choice':
      return check.values[0];
    case 'list':
      return [sampleOf(check.item)];
    case 'object':
      return Object.fromEntries(check.members.map(({ name, check: inner }) => [name, sampleOf(inner)]));
    case 'any':
      return { text: 'any' };
  }
}
