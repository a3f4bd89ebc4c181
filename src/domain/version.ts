import { z } from 'zod';
import { ENVIRONMENTS } from './database.ts';
import { type Endpoint, endpointShape } from './endpoint.ts';
import { type Schema, schemaShape } from './schema.ts';

/**
 * Code, schema and rows of a project as one thing that can be taken back: what a step changed, and what was put aside
 * before it did.
 */

/** How the folder of rows begins that were put aside for a database itself, and belong to no version. */
export const ASIDE_PREFIX = 'aside-';

/** What a version came from. */
export const VERSION_KINDS = ['create', 'evolve', 'migrate'] as const;
export type VersionKind = (typeof VERSION_KINDS)[number];

/**
 * `begun`: the step may have been cut; `undoing`, `redoing`: somebody has to go on with it; `replaced`: undone, and then
 * something else was applied.
 */
export const VERSION_STATES = ['begun', 'applied', 'undoing', 'undone', 'redoing', 'replaced'] as const;
export type VersionState = (typeof VERSION_STATES)[number];

/** Rows that were put aside, and where. */
const savedRowsShape = z.strictObject({
  /** Name of the folder in the archive. */
  folder: z.string(),
  /** sha256 (hex) of its index, which has those of all other files. */
  index: z.string(),
  rows: z.number(),
  bytes: z.number(),
  /** Unix seconds. */
  at: z.number(),
});

/** The endpoints beside those of tables that a step had written, or could not have written. */
const behaviourShape = z.strictObject({
  /** Names of those that were there before. */
  known: z.array(z.string()),
  added: z.array(endpointShape),
  /** The texts of their files, by path, while the step is undone. */
  files: z.record(z.string(), z.string()),
});

/** What is remembered of a version beside its number, kind and state. */
export const versionDetailsShape = z.strictObject({
  env: z.enum(ENVIRONMENTS),
  title: z.string(),
  /** What it goes back to, what the manifest said when the step began, and after it. */
  schemaBefore: schemaShape.nullable(),
  schemaBegun: schemaShape.nullable(),
  schemaAfter: schemaShape.nullable(),
  /** Versions of the migrations that were applied before. */
  appliedBefore: z.array(z.string()),
  /** Those that the step applied, in their order. */
  migrations: z.array(z.string()),
  /** Versions of the migrations that lay in the folder before, and of those that the step wrote. */
  known: z.array(z.string()),
  added: z.array(z.string()),
  /** Paths that a person had changed when the step began; null outside a git repository. */
  personal: z.array(z.string()).nullable(),
  /** sha256 (hex) of the catalog after the step; null when there is no database, or it waits. */
  catalog: z.string().nullable(),
  /** The rows before the step; null when they were too many, are gone by now, or there are none. */
  before: savedRowsShape.nullable(),
  /** What went when it was undone, with the files of its migrations. */
  undone: savedRowsShape.nullable(),
  /** Null: a version of a turbobackend that did not keep them. */
  behaviour: behaviourShape.nullable().default(null),
  /** Commits of the step, and of taking it back and forth; newest last. */
  commits: z.array(z.string()),
});

export type SavedRows = Readonly<z.output<typeof savedRowsShape>>;

/** See `behaviourShape`. */
export interface Behaviour {
  readonly known: readonly string[];
  readonly added: readonly Endpoint[];
  readonly files: Readonly<Record<string, string>>;
}

export interface VersionDetails
  extends Readonly<
    Omit<
      z.output<typeof versionDetailsShape>,
      | 'schemaBefore'
      | 'schemaBegun'
      | 'schemaAfter'
      | 'appliedBefore'
      | 'migrations'
      | 'known'
      | 'added'
      | 'personal'
      | 'behaviour'
      | 'commits'
    >
  > {
  readonly schemaBefore: Schema | null;
  readonly schemaBegun: Schema | null;
  readonly schemaAfter: Schema | null;
  readonly appliedBefore: readonly string[];
  readonly migrations: readonly string[];
  readonly known: readonly string[];
  readonly added: readonly string[];
  readonly personal: readonly string[] | null;
  readonly behaviour: Behaviour | null;
  readonly commits: readonly string[];
}

/** One version of a project. */
export interface Version extends VersionDetails {
  /** Counts from 1. */
  readonly number: number;
  readonly kind: VersionKind;
  readonly state: VersionState;
  /** Unix seconds: when its step began. */
  readonly createdAt: number;
}

/** How much of what was put aside is kept of one project. */
export interface VersionLimits {
  readonly megabytes: number;
  readonly days: number;
}

/** Saved rows that are to go, and why, in words. */
export interface Expired {
  readonly version: Version;
  readonly which: 'before' | 'undone';
  readonly reason: string;
}

const DAY_SECONDS = 24 * 60 * 60;

/**
 * What is beyond the limits: all that is too old, then the oldest until the rest fits. What a step that is not finished
 * needs stays, and so do the newest rows. Pure.
 */
export function findExpired(versions: readonly Version[], limits: VersionLimits, now: number): readonly Expired[] {
  const saved = versions
    .flatMap((version) =>
      (['before', 'undone'] as const).flatMap((which) => {
        const rows = version[which];
        return rows === null ? [] : [{ version, which, rows }];
      }),
    )
    .sort((one, other) => one.rows.at - other.rows.at || one.version.number - other.version.number);
  const newest = saved.at(-1);
  let bytes = saved.reduce((sum, { rows }) => sum + rows.bytes, 0);
  return saved.flatMap(({ version, which, rows }): Expired[] => {
    const isNeeded = rows === newest?.rows || ['begun', 'undoing', 'redoing'].includes(version.state);
    const isOld = now - rows.at > limits.days * DAY_SECONDS;
    if (isNeeded || !(isOld || bytes > limits.megabytes * 1_000_000)) return [];
    bytes -= rows.bytes;
    const reason = isOld ? `older than ${limits.days} days` : `more than ${limits.megabytes} MB`;
    return [{ version, which, reason }];
  });
}

/** The version that `undo` takes back: the newest that is applied, or whose undoing was cut. */
export function newestApplied(versions: readonly Version[]): Version | null {
  return versions.findLast(({ state }) => state === 'applied' || state === 'undoing') ?? null;
}

/** The version that `redo` applies again: the oldest that is undone, or whose redoing was cut. */
export function nextUndone(versions: readonly Version[]): Version | null {
  return versions.find(({ state }) => state === 'undone' || state === 'redoing') ?? null;
}
