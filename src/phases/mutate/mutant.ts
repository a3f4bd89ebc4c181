/** One deliberate fault in the code of a project. */
export interface Mutant {
  readonly file: string;
  /** The place in the file; `end` is behind its last character. */
  readonly start: number;
  readonly end: number;
  /** What stands there instead. */
  readonly text: string;
  /** `code`: an expression. `key`: a name in an object. `sql`: part of a text between backticks. */
  readonly how: 'code' | 'key' | 'sql';
  /** What is wrong then, in a few words. */
  readonly fault: string;
  /** The second wall would hide it: it is tried with row-level security switched off. */
  readonly isFirstWall: boolean;
}

/** How mutants of one kind are found: the place is the group `at` of the pattern, or all of it. */
export interface Operator {
  readonly fault: string;
  readonly files: RegExp;
  readonly pattern: RegExp;
  readonly how: Mutant['how'];
  readonly isFirstWall?: boolean;
  /** Places at which it would change nothing: the group `name` of the pattern, and the whole file. */
  readonly isPointless?: (name: string, text: string) => boolean;
  /** What stands there instead. */
  readonly text: (at: string) => string;
}

/** The mutants that an operator makes of a file. */
export function mutantsOf(operator: Operator, file: string, text: string): readonly Mutant[] {
  if (!operator.files.test(file)) return [];
  const pattern = new RegExp(operator.pattern.source, `${operator.pattern.flags.replace(/[dg]/g, '')}dg`);
  return [...text.matchAll(pattern)].flatMap((match): Mutant[] => {
    const place = match.indices?.groups?.at ?? match.indices?.[0];
    if (!place || operator.isPointless?.(match.groups?.name ?? '', text)) return [];
    const [start, end] = place;
    const { how, fault, isFirstWall = false } = operator;
    return [{ file, start, end, text: operator.text(text.slice(start, end)), how, fault, isFirstWall }];
  });
}

/** The line a mutant stands on, from 1. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}
