import type { Mutant } from './mutant.ts';

/** The variable of the environment that chooses the mutant a server has; nothing chooses none. */
export const CHOICE = 'TURBOBACKEND_MUTANT';

/** A mutant and the number it is chosen by. */
export interface Numbered {
  readonly number: number;
  readonly mutant: Mutant;
}

/**
 * A file with all of its mutants in it, each asleep until it is chosen: one build serves them all. Places may lie within
 * each other, but not overlap otherwise.
 */
export function weave(text: string, mutants: readonly Numbered[]): string {
  const inOrder = [...mutants].sort(
    (one, other) => one.mutant.start - other.mutant.start || other.mutant.end - one.mutant.end,
  );
  return weaveRange(text, 0, text.length, inOrder);
}

function weaveRange(text: string, start: number, end: number, mutants: readonly Numbered[]): string {
  let woven = '';
  let position = start;
  for (let index = 0; index < mutants.length; ) {
    const first = mutants[index];
    if (!first) break;
    const { start: from, end: to } = first.mutant;
    const group = mutants.slice(index).filter(({ mutant }) => mutant.start < to);
    const same = group.filter(({ mutant }) => mutant.start === from && mutant.end === to);
    const inner = group.filter((one) => !same.includes(one));
    woven += text.slice(position, from) + choose(weaveRange(text, from, to, inner), same);
    position = to;
    index += group.length;
  }
  return woven + text.slice(position, end);
}

/** Each of the mutants of one place, or what stood there. */
function choose(original: string, mutants: readonly Numbered[]): string {
  const how = mutants[0]?.mutant.how;
  const isSql = how === 'sql';
  const quote = (text: string) => (isSql ? `\`${text}\`` : `(${text})`);
  const chosen = mutants.reduceRight(
    (rest, { number, mutant }) => `process.env.${CHOICE} === '${number}' ? ${quote(mutant.text)} : ${rest}`,
    quote(original),
  );
  if (isSql) return `\${${chosen}}`;
  return how === 'key' ? `[${chosen}]` : `(${chosen})`;
}

/** Whether the places of two mutants of one file overlap without one being inside the other. */
export function collide(one: Mutant, other: Mutant): boolean {
  if (one.file !== other.file || one.end <= other.start || other.end <= one.start) return false;
  const isInside = (inner: Mutant, outer: Mutant) => inner.start >= outer.start && inner.end <= outer.end;
  return !isInside(one, other) && !isInside(other, one);
}
