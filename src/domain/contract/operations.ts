import { type ApiDocument, type Json, member, type Spot } from '../api-document.ts';
import { TurboError } from '../errors.ts';
import { stripInvisible } from '../request.ts';
import { shapeOf } from './shape.ts';

/** One parameter of an operation. */
export interface ApiParameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Spot | null;
  /** Lists are sent as `a,b` instead of being repeated. */
  readonly hasCommas: boolean;
  readonly pointer: string;
}

/** What an operation answers with one status. */
export interface ApiAnswer {
  /** `200`, `4XX`, `default`. */
  readonly status: string;
  /** Of its JSON; null when it has no body, or one that is no JSON. */
  readonly schema: Spot | null;
  /** `application/json`; null without a body. */
  readonly mediaType: string | null;
  /** Names of its headers, in small letters; those that it must have. */
  readonly headers: ReadonlyMap<string, boolean>;
}

/** `optional`: whoever signs in may see more. */
export type Security = 'none' | 'optional' | 'required';

/** One operation of a contract. */
export interface ApiOperation {
  /** Its operationId, or one made of method and path; usable as the name of a file, and of one operation only. */
  readonly id: string;
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch';
  /** Without what all paths begin with, and without a slash at its end. */
  readonly path: string;
  /** As it stands in the document. */
  readonly describedPath: string;
  readonly segments: readonly string[];
  readonly summary: string;
  readonly security: Security;
  readonly schemes: readonly string[];
  /** Of `security`: scopes by scheme; all of one demand open the operation. */
  readonly demands: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly ApiParameter[];
  /** Schema of its JSON body, or of the form that stands for it. */
  readonly body: Spot | null;
  readonly isForm: boolean;
  /** It takes a body that is no JSON. */
  readonly takesOther: boolean;
  readonly answers: readonly ApiAnswer[];
  readonly pointer: string;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** All operations of a document, in its order. HEAD, OPTIONS and TRACE are answered by every server. */
export function operationsOf(document: ApiDocument): readonly ApiOperation[] {
  const taken = new Set<string>();
  const addresses = new Map<string, string>();
  return document.members(document.at(document.root, 'paths')).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const spot = document.at(item, method);
      if (!path.startsWith('/') || !spot) return [];
      refuseTwice(addresses, method, path);
      return [readOperation(document, method, path, item, spot, taken)];
    }),
  );
}

/** `/things` and `/things/`, `/things/{id}` and `/things/{key}` are one address each. */
function refuseTwice(addresses: Map<string, string>, method: string, path: string): void {
  const address = `${method} ${path.replace(/\{[^{}/]*\}/g, '{}').replace(/\/+$/, '')}`;
  const other = addresses.get(address);
  if (other !== undefined) {
    const [one, two] = [oneLine(other), oneLine(path)];
    throw new TurboError(
      'contract.invalid',
      `The paths ${one} and ${two} are one address, and both have ${method.toUpperCase()}.`,
      {
        hint: 'Leave one of the two operations out.',
      },
    );
  }
  addresses.set(address, path);
}

/** A path whose parameters have names that files and code may have: `{thing-id}` is `{thing_id}`. */
export function servedPath(path: string): string {
  return path.replace(/\{([^{}/]+)\}/g, (_all, name: string) => `{${plainName(name)}}`);
}

function plainName(name: string): string {
  return name.replace(/\W+/g, '_').replace(/^(?=\d)/, '_');
}

function readOperation(
  document: ApiDocument,
  method: ApiOperation['method'],
  path: string,
  item: Spot,
  spot: Spot,
  taken: Set<string>,
): ApiOperation {
  const summary = member(spot.value, 'summary') ?? member(spot.value, 'description');
  const content = document.at(document.at(spot, 'requestBody'), 'content');
  const plain = path === '/' ? path : servedPath(path).replace(/\/+$/, '');
  const json = jsonSchema(document, content);
  const form = json ? null : document.at(content, 'application/x-www-form-urlencoded', 'schema');
  const body = json?.schema ?? form;
  return {
    id: freeName(member(spot.value, 'operationId'), method, path, taken),
    method,
    path: plain,
    describedPath: path,
    segments: plain.split('/').slice(1),
    summary: typeof summary === 'string' ? oneLine(summary) : '',
    ...securityOf(document, spot),
    parameters: parametersOf(document, item, spot),
    body,
    isForm: form !== null,
    takesOther: content !== null && body === null && Object.keys(content.value).length > 0,
    answers: document.members(document.at(spot, 'responses')).map(([status, answer]) => {
      const json = jsonSchema(document, document.at(answer, 'content'));
      const headers = document.members(document.at(answer, 'headers'));
      return {
        ...{ status, schema: json?.schema ?? null, mediaType: json?.type ?? otherType(document, answer) },
        headers: new Map(headers.map(([name, { value }]) => [name.toLowerCase(), value.required === true])),
      };
    }),
    pointer: spot.pointer,
  };
}

function oneLine(text: string): string {
  return stripInvisible(text).replace(/\s+/g, ' ').trim().slice(0, 200);
}

function otherType(document: ApiDocument, answer: Spot): string | null {
  return Object.keys(document.at(answer, 'content')?.value ?? {})[0] ?? null;
}

function jsonSchema(document: ApiDocument, content: Spot | null): { type: string; schema: Spot } | null {
  for (const [type, media] of document.members(content)) {
    if (!/^application\/(?:[\w.-]+\+)?json\b|^\*\/\*$/.test(type)) continue;
    const schema = document.at(media, 'schema');
    return schema && { type: type === '*/*' ? 'application/json' : type, schema };
  }
  return null;
}

function parametersOf(document: ApiDocument, item: Spot, spot: Spot): readonly ApiParameter[] {
  const found = new Map<string, ApiParameter>();
  for (const place of [item, spot]) {
    for (const [, { value, pointer }] of document.members(document.at(place, 'parameters'))) {
      const [said, where] = [String(member(value, 'name')), String(member(value, 'in'))];
      const name = where === 'path' ? plainName(said) : said;
      const schema = document.at({ value, pointer }, 'schema');
      const hasCommas = value.explode === false && ['form', undefined].includes(stringOf(value.style));
      const whole = { name, in: where, required: value.required === true, schema, hasCommas, pointer };
      for (const own of membersOf(document, whole, value)) found.set(`${own.in} ${own.name}`, own);
    }
  }
  return [...found.values()];
}

/** An object in a query is sent member by member. */
function membersOf(document: ApiDocument, whole: ApiParameter, value: Json): readonly ApiParameter[] {
  const isDeep = value.style === 'deepObject';
  const isForm = value.style === undefined || value.style === 'form';
  if (whole.in !== 'query' || !whole.schema || !(isDeep || (isForm && value.explode !== false))) return [whole];
  const shape = shapeOf(document, whole.schema);
  if (shape.kind !== 'object' || shape.fields.length === 0) return [whole];
  return shape.fields.map(({ name, required, spot }) => ({
    ...{ name: isDeep ? `${whole.name}[${name}]` : name, in: 'query', required: whole.required && required },
    ...{ schema: spot, hasCommas: false, pointer: spot.pointer },
  }));
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function securityOf(document: ApiDocument, spot: Spot): Pick<ApiOperation, 'security' | 'schemes' | 'demands'> {
  const said: unknown = member(spot.value, 'security') ?? member(document.value, 'security');
  const demands: readonly Json[] = Array.isArray(said) ? said : [];
  const schemes = [...new Set(demands.flatMap((demand) => Object.keys(demand)))];
  const read = demands.map((demand) =>
    Object.fromEntries(Object.entries(demand).map(([scheme, scopes]) => [scheme, textsOf(scopes)])),
  );
  if (schemes.length === 0) return { security: 'none', schemes, demands: read };
  const isOpen = demands.some((demand) => Object.keys(demand).length === 0);
  return { security: isOpen ? 'optional' : 'required', schemes, demands: read };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Two operations never share a name, also where files are the same in upper and lower case. */
function freeName(said: unknown, method: string, path: string, taken: Set<string>): string {
  const words = (text: string) => text.split(/[^A-Za-z0-9_]+/).filter((word) => word !== '');
  const own = typeof said === 'string' ? words(said).join('_') : '';
  const wanted = (own || [method, ...words(path)].join('_')).replace(/^(?=\d)/, '_').slice(0, 80);
  let name = wanted;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${wanted}_${number}`;
  taken.add(name.toLowerCase());
  return name;
}

/** The answer of success: the lowest status of 2xx; null when none is described. */
export function successOf({ answers }: Pick<ApiOperation, 'answers'>): ApiAnswer | null {
  const good = answers.filter(({ status }) => /^2(?:\d\d|XX)$/i.test(status));
  return good.sort((one, other) => (one.status < other.status ? -1 : 1))[0] ?? null;
}

/** What all paths begin with: the path of the first server, without a slash at its end. */
export function basePathOf(document: ApiDocument): string {
  const url = member(document.at(document.root, 'servers', 0)?.value, 'url');
  if (typeof url !== 'string' || url.includes('{') || !URL.canParse(url, 'http://localhost')) return '';
  return new URL(url, 'http://localhost').pathname.replace(/\/+$/, '');
}
