/** Where a relative import of a file leads, as a path in the project; null when that is outside of it. */
export function posixJoin(from: string, relative: string): string | null {
  const parts = from.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return null;
    } else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
