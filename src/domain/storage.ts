/** How much of its storage a database uses. Sizes are those of `pg_database_size`; a megabyte has 1024² bytes, as in PostgreSQL. */

const MEGABYTE = 1024 * 1024;

/** The share of the bound from which people are warned. */
const NEAR = 0.8;

/** `near` from 80 % of the bound on; `over`: nothing more is written. */
export type StorageLevel = 'unlimited' | 'fine' | 'near' | 'over';

export function storageLevel(bytes: number, limitMb: number | null): StorageLevel {
  if (limitMb === null) return 'unlimited';
  const limit = limitMb * MEGABYTE;
  if (bytes > limit) return 'over';
  return bytes >= limit * NEAR ? 'near' : 'fine';
}

/** A size for people: `7.6 MB`, `1.2 GB`. */
export function describeSize(bytes: number): string {
  const megabytes = bytes / MEGABYTE;
  return megabytes < 1024 ? `${megabytes.toFixed(1)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}

/** What the backend may do right now; null when nobody could look. */
export type Writes = 'allowed' | 'refused' | null;

/**
 * What people should hear of a database's size and of what is in force (left out: as the size demands); null while
 * there is room and nothing is refused.
 */
export function storageWarning(
  database: string,
  bytes: number,
  limitMb: number | null,
  writes?: Writes,
): string | null {
  const level = storageLevel(bytes, limitMb);
  const uses = `${database} uses ${describeSize(bytes)}${limitMb === null ? '' : ` of ${limitMb} MB (${shareOf(bytes, limitMb)} %)`}`;
  if (level !== 'over') {
    if (writes === 'refused') return `${uses}, and its backend may still only read and delete, ${NEXT_LOOK}`;
    return level === 'near' ? `${uses}; beyond it nothing more is written` : null;
  }
  if (writes === null) return `${uses}: beyond it its backend may only read and delete`;
  return writes === 'allowed'
    ? `${uses}; its backend still writes, ${NEXT_LOOK}`
    : `${uses}: its backend may only read and delete until there is room again`;
}

const NEXT_LOOK = 'until the next provision, limits or start';

const shareOf = (bytes: number, limitMb: number) => Math.floor((bytes / (limitMb * MEGABYTE)) * 100);
