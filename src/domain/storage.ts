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

/** What people should hear of a database's size; null while there is room. */
export function storageWarning(database: string, bytes: number, limitMb: number | null): string | null {
  const level = storageLevel(bytes, limitMb);
  if (level === 'unlimited' || level === 'fine' || limitMb === null) return null;
  const share = Math.floor((bytes / (limitMb * MEGABYTE)) * 100);
  const uses = `${database} uses ${describeSize(bytes)} of ${limitMb} MB (${share} %)`;
  return level === 'near'
    ? `${uses}; beyond it nothing more is written`
    : `${uses}: its backend may only read and delete until there is room again`;
}
