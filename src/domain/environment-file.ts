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

/** Puts our block into the content of a .env file (null: there is none yet), leaving all other lines as they are. */
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
  block.push(...values.map(([name, value]) => `${name}=${quote(value)}`), END);
  const lines = (content ?? '').split('\n');
  const place = findBlock(lines);
  if (place) lines.splice(place.begin, place.length, ...block);
  else lines.splice(0, 0, ...block);
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Takes our block out of the content of a .env file; '' when nothing else is in it. Unchanged when it has none. */
export function withoutLogin(content: string): string {
  const lines = content.split('\n');
  const place = findBlock(lines);
  if (!place) return content;
  lines.splice(place.begin, place.length);
  const rest = lines.join('\n');
  return rest.trim() === '' ? '' : `${rest.trimEnd()}\n`;
}

function findBlock(lines: readonly string[]): { readonly begin: number; readonly length: number } | null {
  const begin = lines.findIndex((line) => line.startsWith(BEGIN));
  const end = lines.findIndex((line, index) => index > begin && line.startsWith(END));
  return begin >= 0 && end > begin ? { begin, length: end - begin + 1 } : null;
}
