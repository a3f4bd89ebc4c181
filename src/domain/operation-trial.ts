import {
  ADMIN_ROLE,
  type ContractAction,
  type ContractPlan,
  type KeyPlace,
  type PlannedOperation,
} from './contract-plan.ts';
import type { ContractAddress, ContractView, ViewField } from './contract-rows.ts';
import type { ContractBody } from './contract-values.ts';
import { plainSample, sampleOf } from './operation-trial/samples.ts';
import type { Schema } from './schema.ts';

/** A parameter of a path: the member of an answer that shows it where the row is made; null where none does. */
export interface TrialParam {
  readonly name: string;
  readonly table: string;
  readonly field: string | null;
}

/** How an operation of a contract is tried, by the tests of the project and by attacks. */
export interface OperationTrial {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly guard: PlannedOperation['guard'];
  readonly kind: ContractAction['kind'] | 'written';
  readonly key?: KeyPlace;
  /** All of them are needed; where people sign in, the role of an administrator. */
  readonly scopes?: readonly string[];
  /** Of success. */
  readonly status: number;
  readonly params: readonly TrialParam[];
  /** The operation that ties what this one reads or takes apart. */
  readonly tiedBy?: string;
  /** Parameters that it cannot be asked without. */
  readonly query?: string;
  /** `#` in a text is another number each time; `{made, field}` the member of a row that is made for it; `{random}` letters. */
  readonly body?: unknown;
  readonly demands?: true;
  /** A table of which its body needs a row, and nothing makes one. */
  readonly lacks?: string;
  /** The table it makes a row of. */
  readonly makes?: string;
  /** Only who made a row may do it. */
  readonly isOwned?: boolean;
  readonly wrap?: string | null;
  /** Where the token stands in the answer. */
  readonly token?: readonly string[];
}

/** What stands for every password in a body. */
export const SAMPLE_PASSWORD = 'correct horse battery';

/** How one operation is tried; `written`: the ids of those that somebody wrote. */
export function operationTrial(
  operation: PlannedOperation,
  plan: ContractPlan,
  schema: Schema,
  written: ReadonlySet<string>,
): OperationTrial {
  const { id, method, path, guard, status, action } = operation;
  const common = {
    id,
    method: method.toUpperCase(),
    path,
    guard,
    kind: action.kind,
    ...keyOf(operation, plan),
    ...rightOf(operation),
  };
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
    ...lackOf(action, plan, schema),
    ...(action.kind === 'create' ? { makes: action.table } : {}),
    ...(action.kind === 'change' || action.kind === 'remove'
      ? { isOwned: operation.admits === 'all' && isOwned(action.address.table, schema) }
      : {}),
    ...('view' in action && action.view ? { wrap: action.view.wrap } : {}),
    ...(action.kind === 'register' || action.kind === 'login' ? { token: tokenPath(action.view) } : {}),
  };
}

function addressFor(action: ContractAction): ContractAddress | null {
  if ('address' in action) return action.address;
  if (action.kind === 'link') return { ...action.target, parent: { address: action.parent, column: '', link: null } };
  return 'parent' in action ? (action.parent?.address ?? null) : null;
}

function lackOf(action: ContractAction, plan: ContractPlan, schema: Schema): Pick<OperationTrial, 'lacks'> {
  const table = action.kind === 'create' || action.kind === 'change' ? lacking(action, plan, schema, []) : null;
  return table === null ? {} : { lacks: table };
}

/** The first table that a body refers to, and that rows cannot be made of; `known` are those above it. */
function lacking(
  { body }: { readonly body: ContractBody },
  plan: ContractPlan,
  schema: Schema,
  known: readonly string[],
): string | null {
  for (const { required, column } of body.inputs) {
    const wanted = required ? referenceOf(column, schema)?.table : undefined;
    if (wanted === undefined || wanted === schema.accounts?.table || known.includes(wanted)) continue;
    const maker = plan.operations.find(({ action }) => action.kind === 'create' && action.table === wanted)?.action;
    if (maker?.kind !== 'create' || lacking(maker, plan, schema, [...known, wanted]) !== null) return wanted;
  }
  return null;
}

function referenceOf(column: string, schema: Schema) {
  const columns = schema.tables.flatMap((table) => table.columns);
  return columns.find(({ name, references }) => name === column && references !== null)?.references;
}

/** The parameters that a list cannot be asked for without. */
function neededQuery(action: ContractAction): Pick<OperationTrial, 'query'> {
  const needed = action.kind === 'list' ? action.filters.filter(({ isRequired }) => isRequired) : [];
  if (needed.length === 0) return {};
  const values = needed.map(({ param, check }): [string, string] => [
    param,
    plainSample(check.kind === 'list' ? check.item : check),
  ]);
  return { query: new URLSearchParams(values).toString() };
}

/** What is tied together has to be before it is read or taken apart. */
function tiedBy({ path, action }: PlannedOperation, { operations }: ContractPlan): Pick<OperationTrial, 'tiedBy'> {
  const on = operations.find((other) => other.path === path && other.action.kind === 'link' && other.action.isOn);
  const needsTie = action.kind === 'read' || (action.kind === 'link' && !action.isOn);
  return on && needsTie ? { tiedBy: on.id } : {};
}

/** How a request carries the key that opens an operation, and whether it has to be good for something. */
function keyOf({ opens }: PlannedOperation, { keys }: ContractPlan): Pick<OperationTrial, 'key' | 'scopes'> {
  const [[scheme, scopes] = ['', []]] = Object.entries(opens);
  const place = keys?.places[scheme];
  if (!place) return {};
  const needsScope = Object.values(opens).every((wanted) => wanted.length > 0);
  return { key: place, ...(needsScope && scopes.length > 0 ? { scopes } : {}) };
}

/** Of those who sign in, whoever has no such right is refused with 403. */
function rightOf({ admits }: PlannedOperation): Pick<OperationTrial, 'scopes'> {
  return admits === 'admins' ? { scopes: [ADMIN_ROLE] } : {};
}

function isOwned(table: string, schema: Schema): boolean {
  return schema.tables.find(({ name }) => name === table)?.access?.write === 'owner';
}

/** Where each parameter of a path is found: in the answer that made the row. */
function paramsOf(address: ContractAddress | null, plan: ContractPlan): readonly TrialParam[] {
  const found: TrialParam[] = [];
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
    const reference = referenceOf(input.column, schema);
    if (reference)
      return [input.name, { made: reference.table, field: fieldFor(reference.table, reference.column, plan) }];
    return [input.name, input.isPassword ? SAMPLE_PASSWORD : sampleOf(input.check)];
  });
  const inner = Object.fromEntries(entries);
  return body.wrap === null ? inner : { [body.wrap]: inner };
}
