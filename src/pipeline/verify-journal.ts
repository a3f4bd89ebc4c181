import { resourcePath } from '../domain/rest.ts';
import { primaryKey, type Schema } from '../domain/schema.ts';
import type { Http } from '../ports/http.ts';
import type { Needs } from '../ports/services.ts';

/**
 * A verification that is killed cannot delete the rows it made. So each row is written down before it is asked for,
 * and once more with its address when it is there; the next verification first takes away what an earlier one left.
 */

const JOURNAL = '.turbobackend/verify.json';
const PAGE = 100;
/** Pages looked through for a row whose address was never learned. */
const MAX_PAGES = 50;

interface Entry {
  /** Path of the collection, `/posts`. */
  readonly path: string;
  readonly body: string;
  /** Path of the row; null while the answer is not known. */
  readonly location: string | null;
}

interface Place {
  readonly directory: string;
  readonly url: string;
  readonly schema: Schema | null;
}

type Row = Readonly<Record<string, unknown>>;

/** Runs `work` with an Http that keeps the journal; the journal is gone when `work` has ended by itself. */
export async function withJournal<T>(
  place: Place,
  services: Needs<'workspace' | 'http'>,
  work: (http: Http) => Promise<T>,
): Promise<T> {
  const { workspace, http } = services;
  await removeLeftovers(place, services);
  const entries: Entry[] = [];
  // One write at a time, each with all that is known by then.
  let writing = Promise.resolve();
  const save = () => {
    writing = writing.then(() => workspace.write(place.directory, JOURNAL, JSON.stringify(entries)));
    return writing;
  };
  const keeping: Http = {
    async request(method, url, options) {
      if (method !== 'POST') return http.request(method, url, options);
      const index = entries.push({ path: new URL(url).pathname, body: options?.body ?? '', location: null }) - 1;
      await save();
      const answer = await http.request(method, url, options);
      const entry = entries[index];
      if (entry && answer.headers.location) entries[index] = { ...entry, location: answer.headers.location };
      else if (answer.status >= 400) entries[index] = { path: '', body: '', location: null };
      return answer;
    },
  };
  const result = await work(keeping);
  await writing;
  await workspace.remove(place.directory, JOURNAL);
  return result;
}

async function removeLeftovers(place: Place, services: Needs<'workspace' | 'http'>): Promise<void> {
  const { workspace, http } = services;
  const entries = parseJournal(await workspace.read(place.directory, JOURNAL));
  const located = entries.flatMap(({ location }) => (location === null ? [] : [location]));
  for (const entry of entries) {
    if (entry.location === null && entry.path !== '') located.push(...(await search(entry, place, http)));
  }
  // Twice, so that a parent goes whose child only went in the first round.
  for (const path of [...located.toReversed(), ...located.toReversed()]) {
    await http.request('DELETE', `${place.url}${path}`);
  }
  await workspace.remove(place.directory, JOURNAL);
}

/** Entries of a journal; one that cannot be read names no row, so nothing is deleted for it. */
function parseJournal(text: string | null): readonly Entry[] {
  let content: unknown;
  try {
    content = JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
  return Array.isArray(content) ? content.filter(isEntry) : [];
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { path, body, location } = value as Record<string, unknown>;
  const isPath = (text: unknown) => typeof text === 'string' && (text === '' || /^\/[^/]/.test(text));
  return isPath(path) && typeof body === 'string' && (location === null || isPath(location));
}

/** The row that was asked for, if there is exactly one like it: anything less certain may be somebody's. */
async function search({ path, body }: Entry, { url, schema }: Place, http: Http): Promise<readonly string[]> {
  const table = schema?.tables.find((candidate) => resourcePath(candidate) === path);
  const wanted = parseObject(body);
  if (!table || !wanted) return [];
  const found: string[] = [];
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await http.request('GET', `${url}${path}?limit=${PAGE}&offset=${page * PAGE}`);
    const rows = parseObject(answer.body)?.data;
    if (!Array.isArray(rows)) break;
    for (const row of rows) {
      if (isLike(row, wanted))
        found.push(
          `${path}/${primaryKey(table)
            .map((key) => encodeURIComponent(String(row[key.name])))
            .join('/')}`,
        );
    }
    if (rows.length < PAGE) break;
  }
  return found.length === 1 ? found : [];
}

function parseObject(text: string): Row | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Row) : null;
  } catch {
    return null;
  }
}

/** Every field sent that is shown at all came back the same; numeric columns come back as text. */
function isLike(row: unknown, wanted: Row): row is Row {
  if (typeof row !== 'object' || row === null) return false;
  const shown = Object.keys(wanted).filter((name) => Object.hasOwn(row, name));
  const text = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  return shown.length > 0 && shown.every((name) => text((row as Row)[name]) === text(wanted[name]));
}
