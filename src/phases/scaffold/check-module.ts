import { checkConstraints, keyConstraints } from '../../domain/ddl.ts';
import type { Schema, Table } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';
import { entry, listed, quoted } from './source.ts';

type Operator = Table['checks'][number]['operator'];

/** What a comparison asks of its left column, and what of its right one. */
const DEMANDS: Readonly<Record<Operator, readonly [left: string, right: string]>> = {
  '<': ['must be less than', 'must be greater than'],
  '<=': ['must not be greater than', 'must not be less than'],
  '>': ['must be greater than', 'must be less than'],
  '>=': ['must not be less than', 'must not be greater than'],
  '=': ['must equal', 'must equal'],
  '<>': ['must differ from', 'must differ from'],
};

/**
 * `server/lib/checks.ts`: what each check constraint of the database asks of the fields of a body, and which columns
 * its keys are of. The database itself does not tell them where row-level security is on.
 */
export function checkModule(schema: Schema, resources: readonly Resource[]): string {
  const constraints = checkConstraints(schema);
  const entries = resources.flatMap((resource) => {
    const own = constraints.filter(({ table }) => table === resource.table.name);
    // Comparisons are named in the order the table lists them.
    const compared = own.filter(({ columns }) => columns.length > 1);
    return own.map(({ name, columns }) => {
      const comparison = resource.table.checks[compared.findIndex((constraint) => constraint.name === name)];
      return checkEntry(name, comparison ? demands(resource, comparison) : limits(resource, columns));
    });
  });
  const record = 'Readonly<Record<string, Readonly<Record<string, string>>>>';
  const keys = keyConstraints(schema).map(
    ({ name, columns }) => `  ${listed(`${name}: [`, columns.map(quoted), '],', 2)}`,
  );
  return `/** Name of a check constraint → its fields, and what is wrong with each when it is broken. */
export const checks: ${record} = {${lines(entries.filter((text) => text !== ''))}};

/** Name of a primary, unique or foreign key → its columns. */
export const keys: Readonly<Record<string, readonly string[]>> = {${lines(keys)}};
`;
}

function lines(entries: readonly string[]): string {
  return entries.length === 0 ? '' : `\n${entries.join('\n')}\n`;
}

type Message = readonly [field: string, message: string];

/** Those of the columns that a client may send, by the name it sends them under. */
function messages(resource: Resource, pairs: readonly Message[]): readonly Message[] {
  return pairs.flatMap(([name, message]) => {
    const field = resource.inputs.find(({ column }) => column.name === name);
    return field ? [[field.name, message] as const] : [];
  });
}

function demands(resource: Resource, { left, operator, right }: Table['checks'][number]): readonly Message[] {
  const [ofLeft, ofRight] = DEMANDS[operator];
  return messages(resource, [
    [left, `${ofLeft} ${right}`],
    [right, `${ofRight} ${left}`],
  ]);
}

function limits(resource: Resource, columns: readonly string[]): readonly Message[] {
  return messages(
    resource,
    columns.map((column) => [column, 'is out of its limits']),
  );
}

function checkEntry(name: string, fields: readonly Message[]): string {
  if (fields.length === 0) return '';
  const demanded = fields.map(([field, message]) => entry(field, quoted(message), 4));
  return `  ${listed(`${name}: {`, demanded, '},', 2)}`;
}
