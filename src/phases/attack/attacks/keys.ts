import { accessOf } from '../../../domain/access.ts';
import { resourcePath } from '../../../domain/rest.ts';
import { primaryKey, type Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';

/** So much of the beginning of two random keys may be alike. */
const MAX_COMMON = 5;
const MIN_LENGTH = 10;

/**
 * Keys that the schema wants random must not be guessable. Where it asks for numbers in sequence that is its own choice:
 * it is told as a note, for what they give away is only how many rows there are, as long as nobody sees others' rows.
 */
export async function guessKeys({ stock, people, schema, field, report, isFull }: Scene): Promise<void> {
  if (!isFull && stock.tables.length === 0) return;
  await each(stock.tables, async (table) => {
    const key = keyMade(table);
    if (!key) return;
    const person = people?.cast.attacker ?? null;
    if (key.kind === 'identity') {
      const isPrivate = accessOf(table, schema).read === 'owner';
      if (isPrivate) {
        field.needs.progress({ kind: 'detail', message: `Keys of ${table.name} count its rows, as its schema says.` });
      }
      return;
    }
    const made = [await stock.row(table, person), await stock.fresh(table, person)];
    const [one = '', other = ''] = made.map((specimen) => String(specimen?.row[key.name] ?? ''));
    if (one === '' || other === '' || one === other) return;
    const where = `POST ${resourcePath(table)} ${key.name}`;
    if (/^\d+$/.test(one) && /^\d+$/.test(other)) report('guessable-id', where, `Keys are numbers: ${one}, ${other}.`);
    else if (common(one, other) > MAX_COMMON) report('guessable-id', where, `Keys begin alike: ${one}, ${other}.`);
    else if (one.length < MIN_LENGTH) report('guessable-id', where, `Keys are short: ${one}, ${other}.`);
  });
}

function keyMade(table: Table): { readonly name: string; readonly kind: string } | null {
  const [key, second] = primaryKey(table);
  if (!key || second || !key.default || !('generate' in key.default)) return null;
  const kind = key.default.generate;
  return ['id', 'uuid', 'identity'].includes(kind) ? { name: key.name, kind } : null;
}

function common(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
