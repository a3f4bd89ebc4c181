import { defineHandler } from 'nitro/h3';
import { problem } from './problem.ts';

/** A handler for the methods that a path does not have. */
export function methodNotAllowed(...allowed: readonly string[]) {
  const allow = (allowed.includes('GET') ? ['HEAD', ...allowed] : allowed).join(', ');
  return defineHandler((event) => {
    throw problem(405, `${event.req.method} is not possible here.`, { headers: { allow } });
  });
}
