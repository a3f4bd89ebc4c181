/** Which files whoever writes an endpoint may touch. Names are judged here; links on the way, where files are written. */

const MAX_LENGTH = 120;

/** What names of operations of a document begin with; names of other endpoints have no slash. */
const OPERATIONS = 'operations/';

/** The name under which an operation of a document is written. */
export const operationName = (id: string): string => `${OPERATIONS}${id}`;

/** The operation that is written under a name; null for an endpoint of a request. */
export const operationIn = (name: string): string | null =>
  name.startsWith(OPERATIONS) ? name.slice(OPERATIONS.length) : null;

/** The module with the queries of an endpoint: written by us, from queries that were accepted. */
export const queriesFile = (name: string): string => `server/custom/${name}.queries.ts`;
export const handlerFile = (name: string): string => `server/custom/${name}.ts`;
export const testFile = (name: string): string => {
  const operation = operationIn(name);
  return `test/${operation === null ? `custom-${name}` : `operation-${operation}`}.test.mjs`;
};

/** Whether a file belongs to an endpoint alone: somebody wrote it for nothing else. */
export function isEndpointFile(path: string, name: string): boolean {
  if ([handlerFile(name), queriesFile(name), testFile(name)].includes(path)) return true;
  return path.startsWith(`server/custom/${name}/`);
}

/** Why a path may not be written for an endpoint of this name; null when it may. Says what may instead. */
export function refusedPath(path: string, name: string): string | null {
  if (path === handlerFile(name) || path === testFile(name)) return null;
  if (path === queriesFile(name)) return 'this file is written from the queries: use propose_query';
  if (new RegExp(`^server/custom/${name}/[a-z0-9-]+\\.ts$`).test(path) && path.length <= MAX_LENGTH) return null;
  if (typeof path !== 'string' || path.length > MAX_LENGTH || !/^[a-z0-9][a-z0-9/.-]*$/.test(path)) {
    return 'a path is relative, in lower-case letters, digits, -, . and /';
  }
  if (path.split('/').some((part) => part === '' || part.startsWith('.') || part.endsWith('.'))) {
    return 'no part of a path may be empty, or begin or end with a dot';
  }
  return `only ${handlerFile(name)}, ${testFile(name)} and server/custom/${name}/*.ts can be written`;
}

/** Why a file may not be read; null when it may. Nothing that could hold a secret, and nothing outside. */
export function refusedReading(path: string): string | null {
  const parts = path.split('/');
  const isPlain = path.length <= MAX_LENGTH && /^[\w[][\w/.[\]-]*$/.test(path) && !parts.includes('');
  if (!isPlain || parts.some((part) => part.startsWith('.')))
    return 'a path is relative, and no part begins with a dot';
  const [folder = ''] = parts;
  const isShown = ['server', 'test', 'migrations'].includes(folder) || ['README.md', 'package.json'].includes(path);
  return isShown ? null : 'only README.md, package.json and what is in server/, test/ and migrations/ can be read';
}

/** Names that other files in the same folders have. */
export function isForbiddenName(name: string): boolean {
  return ['routes', 'readme', 'queries', 'index'].includes(name);
}
