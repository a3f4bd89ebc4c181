import { accountsOf } from '../../domain/access.ts';
import { parseColumnType } from '../../domain/column-type.ts';
import { type EndpointDescription, readDescription, type ToldDescription } from '../../domain/endpoint-description.ts';
import { handlerFile, queriesFile, refusedPath, refusedReading, testFile } from '../../domain/endpoint-path.ts';
import { judgeQuery } from '../../domain/query-gate.ts';
import { EMPTY_SCHEMA, type Schema } from '../../domain/schema.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { type AcceptedQuery, queriesModule } from './queries-module.ts';

/** What the server says of a query when it is prepared as the backend's own login. */
export type Prepared =
  | { readonly parameterTypes: readonly string[]; readonly columnTypes: readonly string[] }
  | { readonly problem: string };

export type PrepareQuery = (text: string) => Promise<Prepared>;

/** Where an endpoint is written: files and queries lie here until they are accepted, and nothing of the project is touched. */
export interface Desk {
  list(folder: string): string;
  read(path: string): string;
  write(path: string, text: string): string;
  remove(path: string): string;
  propose(query: ProposedQuery): Promise<string>;
  describe(told: ToldDescription): string;
  /** What was described last; undefined: nothing. */
  readonly description: EndpointDescription | undefined;
  /** Own files, the module with the queries included. */
  own(): FileTree;
  /** Puts the formatted text of own files in their places. */
  replace(files: FileTree): void;
  /** Changes with everything that changes what would be tried. */
  readonly version: number;
}

export interface ProposedQuery {
  readonly name: string;
  readonly purpose: string;
  readonly sql: string;
  readonly parameters: readonly string[];
}

interface DeskOptions {
  readonly endpoint: string;
  /** The project as it is, with the route of the endpoint. */
  readonly base: FileTree;
  readonly schema: Schema | null;
  /** Null: there is no database. */
  readonly prepare: PrepareQuery | null;
}

const MAX_FILE_BYTES = 32 * 1024;
const MAX_FILES = 8;
const MAX_QUERIES = 8;
const MAX_SHOWN = 12_000;
const NAME = /^[a-z][a-zA-Z0-9]{0,39}$/;
/** Words that cannot be the name of a function or of a field. */
const RESERVED =
  /^(?:break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|let|static|await|async|values|account|together|constructor|prototype|arguments|eval|runQuery)$/;

export function openDesk({ endpoint, base, schema, prepare }: DeskOptions): Desk {
  const files = new Map<string, string>();
  const queries = new Map<string, AcceptedQuery>();
  let version = 0;
  let description: EndpointDescription | undefined;
  const accountKey = parseColumnType((schema && accountsOf(schema)?.key.type) ?? '')?.kind ?? null;
  const own = (): FileTree => {
    const module = queriesModule(endpoint, [...queries.values()], accountKey);
    return { ...Object.fromEntries(files), ...(queries.size > 0 ? { [queriesFile(endpoint)]: module } : {}) };
  };
  return {
    get version() {
      return version;
    },
    get description() {
      return description;
    },
    describe(told) {
      const read = readDescription(told);
      if ('problem' in read) return `Refused: ${read.problem}.`;
      if (JSON.stringify(read) !== JSON.stringify(description)) version += 1;
      description = read;
      return 'Noted.';
    },
    own,
    replace(formatted) {
      for (const [path, text] of Object.entries(formatted)) if (files.has(path)) files.set(path, text);
    },
    list(folder) {
      const paths = Object.keys({ ...base, ...own() }).filter(
        (path) => refusedReading(path) === null && (folder === '' || path.startsWith(`${folder.replace(/\/+$/, '')}/`)),
      );
      return paths.length === 0
        ? `There is nothing in ${JSON.stringify(folder)}.`
        : paths.sort().slice(0, 400).join('\n');
    },
    read(path) {
      const refusal = refusedReading(path);
      if (refusal !== null) return `Refused: ${refusal}.`;
      const text = { ...base, ...own() }[path];
      if (text === undefined) return `There is no file ${path}.`;
      return text.length > MAX_SHOWN
        ? `${text.slice(0, MAX_SHOWN)}\n… ${text.length - MAX_SHOWN} more characters`
        : text;
    },
    write(path, text) {
      const refusal = refusedPath(path, endpoint);
      if (refusal !== null) return `Refused: ${refusal}.`;
      const bytes = Buffer.byteLength(text);
      if (bytes > MAX_FILE_BYTES) return `Refused: the file has ${bytes} bytes; ${MAX_FILE_BYTES} are the limit.`;
      if (text.includes('\0')) return 'Refused: the text holds a NUL character.';
      if (!files.has(path) && files.size >= MAX_FILES) return `Refused: an endpoint has at most ${MAX_FILES} files.`;
      if (files.get(path) !== text) version += 1;
      files.set(path, text);
      return `Written: ${path} (${bytes} bytes).`;
    },
    remove(path) {
      const refusal = refusedPath(path, endpoint);
      if (refusal !== null) return `Refused: ${refusal}.`;
      if (!files.delete(path)) return `There is no file ${path} of yours.`;
      version += 1;
      return `Deleted: ${path}.`;
    },
    async propose(proposed) {
      const accepted = await judge(proposed, schema ?? EMPTY_SCHEMA, prepare, queries);
      if (typeof accepted === 'string') return `Refused: ${accepted}.`;
      queries.set(proposed.name, accepted);
      version += 1;
      return `Accepted. ${queriesFile(endpoint)} is now:\n\n${own()[queriesFile(endpoint)]}`;
    },
  };
}

/** Files that an endpoint cannot be without. */
export function missingFiles(endpoint: string, own: FileTree): readonly string[] {
  return [handlerFile(endpoint), testFile(endpoint)].filter((path) => !Object.hasOwn(own, path));
}

async function judge(
  { name, purpose, sql, parameters }: ProposedQuery,
  schema: Schema,
  prepare: PrepareQuery | null,
  queries: ReadonlyMap<string, AcceptedQuery>,
): Promise<AcceptedQuery | string> {
  if (prepare === null) return 'there is no database';
  if (!queries.has(name) && queries.size >= MAX_QUERIES) return `an endpoint has at most ${MAX_QUERIES} queries`;
  const odd = [name, ...parameters].find((word) => !NAME.test(word) || RESERVED.test(word));
  if (odd !== undefined) return `${JSON.stringify(odd)} is no name: use camelCase, at most 40 letters and digits`;
  if (new Set(parameters).size !== parameters.length) return 'two parameters have one name';
  const verdict = await judgeQuery(sql, schema);
  if ('refusal' in verdict) return verdict.refusal;
  const { shape } = verdict;
  if (shape.parameters !== parameters.length) {
    return `the query has ${shape.parameters} parameters, and ${parameters.length} names are given`;
  }
  const prepared = await prepare(shape.text);
  if ('problem' in prepared) return prepared.problem;
  return { name, purpose: purpose.slice(0, 300), shape, parameters, ...prepared };
}
