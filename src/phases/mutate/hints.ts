import type { Schema } from '../../domain/schema.ts';
import type { Trial } from './trial.ts';

/** So many tests take little longer than one: it is the start of a server that takes long. */
const TRIED_FIRST = 3;

/** Remembers which tests noticed what, so that a fault of the same kind is first shown to tests of that name. */
export class Hints {
  readonly #names: ReadonlySet<string>;
  readonly #noticed = new Map<string, readonly string[]>();

  constructor({ tables }: Schema) {
    this.#names = new Set(tables.flatMap(({ name, columns }) => [name, ...columns.map((column) => column.name)]));
  }

  /** A pattern of the names of the likeliest tests; null when nothing like it was noticed yet. */
  for({ kin }: Trial): string | null {
    const all = kin.flatMap((key) => this.#noticed.get(key) ?? []);
    const likeliest = [...new Set(all)].slice(0, TRIED_FIRST);
    return likeliest.length > 0 ? likeliest.sort().join('|') : null;
  }

  remember({ kin }: Trial, test: string): void {
    const pattern = patternOf(test, this.#names);
    for (const key of kin) {
      const others = (this.#noticed.get(key) ?? []).filter((known) => known !== pattern);
      this.#noticed.set(key, [pattern, ...others]);
    }
  }
}

/** `the row that list_id names is forgotten` stands for all that begin with `the row that `. */
function patternOf(test: string, names: ReadonlySet<string>): string {
  const words = test.split(' ');
  const isPlain = (word: string) => /^[a-zA-Z,']+$/.test(word) && !names.has(word);
  const fixed = words.findIndex((word) => !isPlain(word));
  const quote = (parts: readonly string[]) => parts.join(' ').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  if (fixed < 0) return `^${quote(words)}$`;
  return fixed === 0 ? ` ${quote(words.slice(1))}$` : `^${quote(words.slice(0, fixed))} `;
}
