import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lexicon } from '../../src/adapters/model/planner/lexicon.ts';
import { loadLexicon } from '../../src/adapters/model/planner/load-lexicon.ts';
import type { Schema } from '../../src/domain/schema.ts';

export const LEXICON_FOLDER = join(fileURLToPath(new URL('.', import.meta.url)), '..', '..', 'templates', 'planner');

let loaded: Promise<Lexicon> | undefined;

/** The lexicon as shipped, read once per test file. */
export function shippedLexicon(): Promise<Lexicon> {
  loaded ??= loadLexicon(LEXICON_FOLDER);
  return loaded;
}

const MADE = new Set(['id', 'created_at', 'updated_at']);

/** One line per table: `posts(author_id>users, title, body?)`, in order of names, without what every table has. */
export function outline(schema: Schema): string[] {
  return schema.tables
    .map((table) => {
      const columns = table.columns
        .filter(({ name }) => !MADE.has(name))
        .map(({ name, references, nullable, unique }) => {
          return `${name}${references ? `>${references.table}` : ''}${nullable ? '?' : ''}${unique ? '!' : ''}`;
        });
      const uniques = table.uniques.map((group) => ` unique(${group.join(' ')})`);
      return `${table.name}(${columns.join(', ')})${uniques.join('')}`;
    })
    .sort();
}
