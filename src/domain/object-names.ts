import { createHash } from 'node:crypto';

/** NAMEDATALEN - 1: what PostgreSQL cuts names at. */
const LONGEST_NAME = 63;

/** Gives names to constraints, indexes and sequences; see `nameObjects`. */
export type NameObject = (parts: readonly string[], suffix: string) => string;

/**
 * Names like PostgreSQL's own (`posts_author_id_fkey`), never longer than it keeps and never given twice. A name that
 * would be too long or is taken gets a piece of a hash of its parts, so the same schema always gets the same names.
 */
export function nameObjects(taken: Iterable<string>): NameObject {
  const names = new Set(taken);
  return (parts, suffix) => {
    const natural = [...parts, suffix].join('_');
    let name = natural;
    for (let attempt = 0; name.length > LONGEST_NAME || names.has(name); attempt += 1) {
      const hash = createHash('sha256')
        .update(JSON.stringify([...parts, suffix, attempt]))
        .digest('hex')
        .slice(0, 8);
      const tail = `_${hash}_${suffix}`;
      name = `${parts.join('_').slice(0, LONGEST_NAME - tail.length)}${tail}`;
    }
    names.add(name);
    return name;
  };
}
