import { columnSteps } from './diff/column-steps.ts';
import { type DiffContext, type DiffOptions, diffContext, type Segment, type Step } from './diff/context.ts';
import { onlineSegments } from './diff/online.ts';
import { partSteps } from './diff/part-steps.ts';
import { inverseRenames, NO_RENAMES, type Renames } from './diff/rename-schema.ts';
import { renameSteps } from './diff/rename-steps.ts';
import { tableSteps, usesNewValue } from './diff/table-steps.ts';
import { wallSteps } from './diff/wall-steps.ts';
import { REPEAT_MARK } from './repeat.ts';
import type { Schema } from './schema.ts';

export type { Segment, Step } from './diff/context.ts';
export { expandSchema } from './diff/expand.ts';
export { type Doubt, findRenames } from './diff/find-renames.ts';
export { keepsOldCode } from './diff/keeps-old-code.ts';
export { NO_RENAMES, newColumnName, type Renames, renameSchema } from './diff/rename-schema.ts';
export { settleSteps } from './diff/settle.ts';

/** What a person says about a change. */
export interface ChangeOptions {
  readonly renames?: Renames;
  /** `posts.subtitle` → the value that rows without one get. */
  readonly fills?: ReadonlyMap<string, string>;
  /** `post_status.archived` → the value its rows get instead. */
  readonly moved?: ReadonlyMap<string, string>;
  /** `posts.headline` → `title`: the column whose value rows without one get, before that column goes. */
  readonly copies?: ReadonlyMap<string, string>;
  /** For a service that runs while it is made: what takes as long as a table has rows keeps nobody from writing to it. */
  readonly online?: boolean;
}

/**
 * The way from one schema to another, as one migration or several: a value that an enum gets cannot be used before it is
 * committed. Nothing for schemas that make the same database. Pure; counts are queries to be asked of the database as it
 * is before. Both schemas must have passed `parseSchema`.
 */
export function diffSchemas(before: Schema, after: Schema, options: ChangeOptions = {}): readonly Segment[] {
  const forward: DiffOptions = {
    renames: options.renames ?? NO_RENAMES,
    fills: options.fills ?? new Map(),
    moved: options.moved ?? new Map(),
    copies: options.copies ?? new Map(),
    invents: false,
  };
  const spread = (whole: Segment): readonly Segment[] => (options.online ? onlineSegments(whole) : [whole]);
  const whole = diffContext(before, after, forward);
  if (!usesNewValue(whole)) return segmentsOf(spread(segment(whole)));
  const middle: Schema = { ...before, enums: before.enums.map((type) => withNewValues(type, whole)) };
  const first = segment(
    diffContext(before, middle, { ...forward, renames: NO_RENAMES, moved: new Map(), copies: new Map() }),
  );
  return segmentsOf([first, ...spread(segment(diffContext(middle, after, forward)))]);
}

function withNewValues(
  type: Schema['enums'][number],
  { renames, after, rebuilt }: DiffContext,
): Schema['enums'][number] {
  const title = renames.enums.get(type.name) ?? type.name;
  const next = after.enums.find((candidate) => candidate.name === title);
  if (!next || rebuilt.has(title)) return type;
  const former = new Map(type.values.map((value) => [renames.values.get(`${type.name}.${value}`) ?? value, value]));
  return { ...type, values: next.values.map((value) => former.get(value) ?? value) };
}

function segment(context: DiffContext): Segment {
  const { before, after, renames, copies } = context;
  const back = diffContext(after, before, {
    renames: inverseRenames(renames),
    fills: new Map(),
    moved: new Map(),
    // What comes back gets what stood for it.
    copies: new Map([...copies].map(([place, from]) => [`${place.split('.')[0]}.${from}`, place.split('.')[1] ?? ''])),
    invents: true,
  });
  return { up: stepsOf(context), down: stepsOf(back) };
}

const segmentsOf = (segments: readonly Segment[]): readonly Segment[] =>
  segments.filter(({ up, down }) => up.length + down.length > 0);

function stepsOf(context: DiffContext): readonly Step[] {
  const steps = [
    ...wallSteps(context),
    ...renameSteps(context),
    ...partSteps(context),
    ...tableSteps(context),
    ...columnSteps(context),
  ];
  return [...steps].sort((one, other) => one.order - other.order);
}

/** A file of a segment as it is written. */
export function renderSegment({ up, down, alone }: Segment): { readonly up: string; readonly down: string } {
  const head = alone === 'repeated' ? `${REPEAT_MARK}\n` : '';
  return { up: head + renderSteps(up), down: renderSteps(down) };
}

/** Steps as the text of a migration: each with its sentence above it. */
export function renderSteps(steps: readonly Step[]): string {
  return steps.map(({ what, sql }) => `-- ${what.replace(/\s+/g, ' ')}\n${sql.join('\n')}\n`).join('\n');
}
