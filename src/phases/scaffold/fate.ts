import { fileHash } from '../../domain/project.ts';
import type { Needs } from '../../ports/services.ts';
import { hasMarkers, mergeText, toLineFeeds } from './merge-text.ts';

/** What happens to one generated file. */
export type Fate =
  | { readonly kind: 'write' | 'merge' | 'conflict'; readonly text: string }
  /** `undecided`: the markers of an earlier conflict are still in it. `gone`: a person took it away. */
  | { readonly kind: 'same' | 'keep' | 'undecided' | 'gone' };

/** A generated file: what it should be now, and what is known of how it was. */
export interface GeneratedFile {
  readonly directory: string;
  readonly path: string;
  /** What is generated now. */
  readonly text: string;
  /** Hash of what was generated last; undefined when it never was. */
  readonly known: string | undefined;
  /** What was generated last; null when it is not at hand. */
  readonly base: string | null;
}

/** Writes what is new or still as we wrote it, and merges what a person changed; what cannot be merged is theirs. */
export async function decideFate(file: GeneratedFile, services: Needs<'workspace' | 'programs'>): Promise<Fate> {
  const { directory, path, text, known, base } = file;
  const there = await services.workspace.read(directory, path);
  if (there === null) return known === undefined ? { kind: 'write', text } : { kind: 'gone' };
  if (there === text) return { kind: 'same' };
  const isOwn = path.startsWith('server/custom/') || !(await services.workspace.isFile(directory, path));
  // What is not text would not survive having been read as text.
  if (isOwn || /[\0\ufffd]/.test(there)) return { kind: 'keep' };
  const mine = toLineFeeds(there);
  if (mine === text) return { kind: 'same' };
  if (fileHash(mine) === known) {
    return { kind: 'write', text: there.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text };
  }
  if (hasMarkers(mine)) return { kind: 'undecided' };
  if (base === null) return { kind: 'keep' };
  if (base === text) return { kind: 'same' };
  const merged = await mergeText({ directory, name: path, mine: there, base, generated: text }, services);
  if (merged === null) return { kind: 'keep' };
  if (merged.text === there) return { kind: 'same' };
  return { kind: merged.hasConflict ? 'conflict' : 'merge', text: merged.text };
}
