import type { ContractBody, ContractInput } from '../../../domain/contract-values.ts';
import { literal, readableIdentifier as name } from '../../../domain/identifier.ts';
import type { Column, Table } from '../../../domain/schema.ts';
import { typeName } from '../data-module/statements.ts';
import { momentCode } from '../data-module/values.ts';
import { generatorOf, type Resource } from '../resource.ts';
import { member } from '../source.ts';
import { bodySchema } from './check-code.ts';
import type { RouteScene } from './route-module.ts';
import type { Parameters } from './sql.ts';

export function resourceOf({ resources }: RouteScene, table: string): Resource {
  const found = resources.find((resource) => resource.table.name === table);
  if (!found) throw new RangeError(`there is no table ${table}`);
  return found;
}

/** The checked body as `input`. */
export function inputLine({ wrap, isForm }: ContractBody): string {
  const reader = isForm ? 'readForm' : 'readBody';
  return wrap === null
    ? `const input = await ${reader}(event, bodySchema);`
    : `const ${wrap === 'input' ? 'input' : `{ ${/^[A-Za-z_$][\w$]*$/.test(wrap) ? wrap : `'${wrap}'`}: input }`} = await ${reader}(event, bodySchema);`.replace(
        'const input =',
        'const { input } =',
      );
}

export function bodyPart(body: ContractBody, codeOf: (column: string) => string | undefined = () => undefined): string {
  return bodySchema(body, codeOf);
}

/** Code of what is stored for a member of a body. */
export function storedCode(resource: Resource, input: ContractInput, column: Column): string {
  const value = member('input', input.name);
  if (input.isPassword)
    return input.required ? `await hashPassword(${value})` : `${value} && (await hashPassword(${value}))`;
  return resource.typeOf(column).type?.kind === 'json' ? `toJson(${value})` : value;
}

/** What stands in a column that may be left out. */
export function withPreset(resource: Resource, column: Column, parameter: string): string {
  const preset = column.default && 'value' in column.default ? column.default.value : null;
  if (preset === null) return parameter;
  const type = `${typeName(resource, column)}${resource.typeOf(column).array ? '[]' : ''}`;
  return `coalesce(${parameter}::${type}, ${literal(preset)})`;
}

function columnsOf(
  table: Table,
  body: ContractBody,
): readonly { readonly input: ContractInput; readonly column: Column }[] {
  return body.inputs.flatMap((input) => {
    const column = table.columns.find(({ name: own }) => own === input.column);
    return column ? [{ input, column }] : [];
  });
}

/** What an UPDATE sets: everything anew, or only what is given. */
export function setLines(parameters: Parameters, resource: Resource, body: ContractBody, isWhole: boolean): string[] {
  const sets = columnsOf(resource.table, body).map(({ input, column }) => {
    const own = name(column.name);
    const value = storedCode(resource, input, column);
    if (isWhole || input.required) return `${own} = ${withPreset(resource, column, parameters.next(value))}`;
    const isGiven = parameters.next(`${member('input', input.name)} !== undefined`);
    return `${own} = case when ${isGiven} then ${parameters.next(value)} else ${own} end`;
  });
  const updated = resource.table.columns.filter((column) => generatorOf(column) === 'updated');
  return [
    ...sets,
    ...updated.map((column) => `${name(column.name)} = ${parameters.next(momentCode(resource, column))}`),
  ];
}
