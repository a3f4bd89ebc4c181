import { ApiDocument, isJson, type Json, member, type Spot } from '../../../domain/api-document.ts';
import { describedOperations } from '../../../domain/contract.ts';
import { servedPlace } from '../../../domain/contract-place.ts';
import type { PlannedOperation } from '../../../domain/contract-plan.ts';
import { commentText, LINE_WIDTH, pascalCase, property, quoted } from '../source.ts';
import { TypeCode, type TypeMember } from './type-code.ts';

type Described = ReturnType<typeof describedOperations>[number];

/** A function of a client. */
export interface Method {
  /** `readFalcon`, also where the document writes `Read_Falcon`. */
  readonly name: string;
  readonly operation: Pick<PlannedOperation, 'method' | 'path' | 'summary'>;
  /** Name of the type it takes; null: nothing. */
  readonly input: string | null;
  readonly isOptional: boolean;
  readonly answer: string;
}

/** `client/index.ts` of a contract: a function for each operation, typed as the document describes it. */
export function contractClient(document: Json, operations: readonly PlannedOperation[]): string {
  const types = new TypeCode(new ApiDocument(document));
  const served = operations.filter((operation) => servedPlace(operation) !== null);
  const methods = methodsOf(document, served, types);
  return `${[
    "import { type ClientOptions, type Options, transport } from './transport.ts';",
    "export { ApiError } from './transport.ts';",
    ...types.code(),
    ['/** The operations of the server. */', 'export interface Client {', ...methods.map(signature), '}'].join('\n'),
    [
      '/** A client of the server at `baseUrl`. */',
      'export function createClient(settings: ClientOptions): Client {',
      '  const ask = transport(settings);',
      '  return {',
      ...methods.map((method) => implementation(method)),
      '  };',
      '}',
    ].join('\n'),
  ].join('\n\n')}\n`;
}

/** The functions for operations of a document, whose types are declared in `types`. */
export function methodsOf(
  document: Json,
  operations: readonly Pick<PlannedOperation, 'id' | 'method' | 'path' | 'summary'>[],
  types: TypeCode,
): readonly Method[] {
  const described = new Map(describedOperations(document).map((operation) => [operation.id, operation]));
  const names = new Set<string>();
  return operations.flatMap((operation): Method[] => {
    const found = described.get(operation.id);
    if (!found) return [];
    const name = methodName(operation.id, names);
    names.add(name);
    return [{ name, operation, ...typesOf(found, types) }];
  });
}

function typesOf(described: Described, types: TypeCode): Pick<Method, 'input' | 'isOptional' | 'answer'> {
  const { id } = described;
  const members = ['path', 'query'].flatMap((place): TypeMember[] => {
    const own = described.parameters.filter((parameter) => parameter.in === place);
    if (own.length === 0) return [];
    const name = types.nameFor(`${id} ${place}`);
    const inner = own.map(({ name: called, required, schema }) => ({
      name: called,
      isOptional: place === 'query' && !required,
      parts: schema ? types.partsOf(schema, `${id} ${called}`) : ['string'],
      about: '',
    }));
    types.declare(name, inner, '');
    return [{ name: place, isOptional: inner.every(({ isOptional }) => isOptional), parts: [name], about: '' }];
  });
  const body = described.body ? bodyType(described.body, id, types) : null;
  if (body !== null) members.push({ name: 'body', isOptional: false, parts: [body], about: '' });
  const input = members.length === 0 ? null : types.nameFor(`${id} input`);
  if (input !== null) types.declare(input, members, '');
  const answer = answerType(described, types);
  return { input, isOptional: members.every(({ isOptional }) => isOptional), answer };
}

/** Of success; where no success is described, whatever may come. */
function answerType({ id, answers }: Described, types: TypeCode): string {
  const good = answers.filter(({ status }) => /^2/.test(status));
  if (good.length === 0) return 'unknown';
  const parts = good.flatMap(({ schema }) => (schema ? types.partsOf(schema, `${id} answer`) : []));
  if (parts.length > 0) return [...new Set(parts)].join(' | ');
  return good.some(({ mediaType }) => mediaType !== null) ? 'unknown' : 'void';
}

function methodName(id: string, taken: ReadonlySet<string>): string {
  const pascal = pascalCase(id) || 'Operation';
  const base = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}${number}`;
  return name;
}

/** Without the members that only answers have. */
function bodyType(spot: Spot, id: string, types: TypeCode): string {
  const whole = types.partsOf(spot, `${id} body`).join(' | ');
  const { value } = types.document.follow(spot);
  const fields = isJson(value.properties) ? Object.entries(value.properties) : [];
  const shown = fields.flatMap(([name, field]) => (member(field, 'readOnly') === true ? [quoted(name)] : []));
  return shown.length === 0 ? whole : `Omit<${whole}, ${shown.join(' | ')}>`;
}

/** A function in the interface of a client. */
export function signature({ name, operation: { method, path, summary }, input, isOptional, answer }: Method): string {
  const about = `/** ${method.toUpperCase()} ${commentText(path)}${summary === '' ? '' : `: ${commentText(summary)}`} */`;
  const given = [...(input === null ? [] : [`input${isOptional ? '?' : ''}: ${input}`]), 'options?: Options'];
  const line = `  ${property(name)}(${given.join(', ')}): Promise<${answer}>;`;
  const broken = `  ${property(name)}(\n${given.map((one) => `    ${one},\n`).join('')}  ): Promise<${answer}>;`;
  return `  ${about}\n${line.length <= LINE_WIDTH ? line : broken}`;
}

/** A function as a member of what `createClient` gives, so far from the edge. */
export function implementation({ name, operation: { method, path }, input }: Method, indent = 4): string {
  const names = input === null ? 'options' : 'input, options';
  const given = [quoted(method.toUpperCase()), quoted(path), input === null ? '{}' : 'input', 'options'];
  const pad = ' '.repeat(indent);
  const [start, call] = [`${pad}${property(name)}: (${names}) =>`, `ask(${given.join(', ')}),`];
  if (start.length + 1 + call.length <= LINE_WIDTH) return `${start} ${call}`;
  if (pad.length + 2 + call.length <= LINE_WIDTH) return `${start}\n${pad}  ${call}`;
  return `${start}\n${pad}  ask(\n${given.map((one) => `${pad}    ${one},\n`).join('')}${pad}  ),`;
}
