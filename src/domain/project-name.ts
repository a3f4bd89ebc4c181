import { createHash } from 'node:crypto';
import { TurboError } from './errors.ts';

/** Words of a request that say nothing about what it is for. */
const FILLER = new Set(
  'a an the i we you my our your me us it need want would like to build make create give have please with and for of that which some simple small new'.split(
    ' ',
  ),
);

/** Behind these stands what happens there, not what it is. */
const CLAUSE = new Set(['where', 'whose', 'wherein']);

const isTelling = (word: string): boolean => word !== '' && !FILLER.has(word) && !CLAUSE.has(word);

const MAX_SLUG_LENGTH = 40;

/** A name people type: letters, digits, space, `-`, `_`, `.`; never a path, a flag or something invisible. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u;

/** Checks a name given by a person. Throws `name.invalid`. */
export function parseProjectName(name: string): string {
  const trimmed = name.trim();
  if (!NAME.test(trimmed) || trimmed.includes('..')) {
    throw new TurboError('name.invalid', `${JSON.stringify(name)} is not a project name.`, {
      hint: 'Use letters, digits, spaces, "-", "_" or ".", at most 63 characters: --name "my blog". A folder goes to --dir.',
    });
  }
  return trimmed;
}

/** Lower-case ASCII for folders: `Crème Brûlée` → `creme-brulee`; empty when nothing of the text is left. */
export function slug(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/-+$/, '');
}

/**
 * A short name for what a request asks for: its first telling words, else `project-<hash>`. The same request always has
 * the same name, so that a second `create` finds the first one's folder.
 */
export function nameFromRequest(text: string): string {
  const words = (
    text
      .replace(/^template:/, '')
      .slice(0, 400)
      .split(/[.,;:()\n]/)[0] ?? ''
  )
    .split(/\s+/)
    .map(slug);
  const clause = words.findIndex((word, at) => CLAUSE.has(word) && words.slice(0, at).some(isTelling));
  const telling = (clause === -1 ? words : words.slice(0, clause)).filter(isTelling).slice(0, 4);
  return slug(telling.join('-')) || `project-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}
