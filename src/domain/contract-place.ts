import type { PlannedOperation } from './contract-plan.ts';

const SEGMENT = /^(?:[A-Za-z0-9_~-]+(?:\.(?!(?:get|post|put|patch|delete)$)[A-Za-z0-9_~-]+)*|\{[A-Za-z_]\w*\})$/;

/** `articles/[slug]`; null for a path that no file can stand for. */
function placeOf(path: string): string | null {
  const segments = path.split('/').slice(1);
  const parts = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  if (!parts.every((part) => SEGMENT.test(part) && part !== 'index')) return null;
  return parts.map((part) => part.replace(/^\{(.*)\}$/, '[$1]')).join('/');
}

const OWN = /^(?:health|ready|openapi(?:\.json)?)$/;

/** Where its routes lie; null for an operation that is not served: its path is one of our own, or no file can stand for it. */
export function servedPlace({ path }: Pick<PlannedOperation, 'path'>): string | null {
  const place = placeOf(path);
  return place === null || OWN.test(place) ? null : place;
}
