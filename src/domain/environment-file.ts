import { randomBytes } from 'node:crypto';
import { type Environment, type Login, loginUrl } from './database.ts';

/**
 * The `.env` files of a project. Ours is one marked block; everything else in the file belongs to the person. Values
 * are always quoted: unquoted, `#` would cut them in most readers.
 */

/** What the running backend reads, and what only migrations read: the server never holds a login that can change tables. */
export function environmentFiles(env: Environment): { readonly server: string; readonly migrations: string } {
  const server = { dev: '.env', staging: '.env.staging', prod: '.env.production' }[env];
  return { server, migrations: `${server}.migrate` };
}

const BEGIN = '# >>> turbobackend';
const END = '# <<< turbobackend';

function quote(value: string): string {
  if (/["\n\r\\$`]/.test(value)) throw new RangeError('this value cannot be kept in a .env file');
  return `"${value}"`;
}

/** What signs the tokens of people who are signed in. */
const SECRET = 'APP_SECRET';
const SECRET_BYTES = 32;
const SECRET_LINE = new RegExp(`^\\s*(?:export\\s+)?${SECRET}\\s*=\\s*(.*)$`);
const EMPTY = /^(?:""|''|#.*)?$/;

/** Whether the content of a .env file holds what signs tokens. Where a name stands twice, readers take the last one. */
export function hasSecret(content: string): boolean {
  const given = content.split('\n').flatMap((line) => SECRET_LINE.exec(line)?.[1]?.trim() ?? []);
  return !EMPTY.test(given.at(-1) ?? '');
}

/** Adds what signs tokens to the content of a .env file with our block; one that is there stays. */
export function withSecret(content: string, secret = randomBytes(SECRET_BYTES).toString('base64url')): string {
  if (hasSecret(content)) return content;
  const line = `${SECRET}=${quote(secret)}`;
  const lines = content.split('\n');
  // A copy of .env.example holds the bare name, and may hold it below our block.
  const bare = lines.findLastIndex((candidate) => SECRET_LINE.test(candidate));
  const end = findBlock(lines)?.end ?? lines.length - 1;
  if (bare >= 0) lines.splice(bare, 1, line);
  else lines.splice(end, 0, line);
  return lines.join('\n');
}

/**
 * Puts our block into the content of a .env file (null: there is none yet), leaving all other lines as they are, and
 * what signs tokens.
 */
export function withLogin(content: string | null, login: Login): string {
  const values: readonly (readonly [string, string])[] = [
    ['DB_HOST', login.host],
    ['DB_PORT', String(login.port)],
    ['DB_NAME', login.database],
    ['DB_USER', login.user],
    ['DB_PASSWORD', login.password],
    ['DATABASE_URL', loginUrl(login)],
  ];
  const block = [`${BEGIN} (this block is rewritten by: turbobackend provision)`];
  block.push(...values.map(([name, value]) => `${name}=${quote(value)}`));
  const lines = (content ?? '').split('\n');
  const place = findBlock(lines);
  const secrets = place ? lines.slice(place.begin, place.end).filter((line) => SECRET_LINE.test(line)) : [];
  block.push(...secrets, END);
  if (place) lines.splice(place.begin, place.end + 1 - place.begin, ...block);
  else lines.splice(0, 0, ...block);
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Takes our block out of the content of a .env file; '' when nothing else is in it. Unchanged when it has none. */
export function withoutLogin(content: string): string {
  const lines = content.split('\n');
  const place = findBlock(lines);
  if (!place) return content;
  lines.splice(place.begin, place.end + 1 - place.begin);
  const rest = lines.join('\n');
  return rest.trim() === '' ? '' : `${rest.trimEnd()}\n`;
}

function findBlock(lines: readonly string[]): { readonly begin: number; readonly end: number } | null {
  const begin = lines.findIndex((line) => line.startsWith(BEGIN));
  const end = lines.findIndex((line, index) => index > begin && line.startsWith(END));
  return begin >= 0 && end > begin ? { begin, end } : null;
}

/** What a name stands for in the content of a .env file; null when nothing does. The last line counts, as for readers. */
export function environmentValue(content: string, name: string): string | null {
  const found = content.split('\n').flatMap((line) => {
    const [, key, text = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return key === name ? [text] : [];
  });
  const text = found.at(-1) ?? '';
  const value = /^(["'])(.*)\1$/.exec(text)?.[2] ?? text.replace(/(^|\s)#.*$/, '').trim();
  return value === '' ? null : value;
}
