import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Decision, decisionShape } from './decision.ts';
import { endpointShape } from './endpoint.ts';
import { FRAMEWORKS, type Framework } from './framework.ts';
import { isProjectId } from './ids.ts';
import { type Schema, schemaShape } from './schema.ts';

/** The file that makes a folder a project. It holds no secret and belongs into git. */
export const MANIFEST_FILE = 'turbobackend.json';

/** What was generated last, file by file: a merge starts from it. It belongs into git, so that every clone has it. */
export const GENERATED_FOLDER = '.turbobackend/generated';

/** A document that a project serves, and what of it somebody has to write. */
const contractShape = z.strictObject({
  document: z.record(z.string(), z.unknown()),
  /** Operations that answer 501 until their file in `server/custom/operations` is written. */
  missing: z.array(z.strictObject({ operation: z.string(), reason: z.string() })).default([]),
});

/**
 * A project as its folder remembers it. Every phase reads what came before from here, so `provision`, `migrate up`,
 * `scaffold` and `deploy` need no arguments in a project folder.
 */
export const projectShape = z.strictObject({
  version: z.literal(1),
  id: z.custom<string>(isProjectId, 'must be 16 characters of [a-z0-9]'),
  name: z.string().min(1),
  request: z.string(),
  /** Unix seconds. Also the version of the first migration, so that generating twice gives the same files. */
  createdAt: z.int().nonnegative(),
  decision: decisionShape.nullable(),
  schema: schemaShape.nullable(),
  /** The description of the API it was made from. */
  contract: contractShape.optional(),
  /** Nitro, when nothing is said. */
  framework: z.enum(FRAMEWORKS).optional(),
  /** Endpoints beside those of the tables, written or wished. */
  endpoints: z.array(endpointShape).optional(),
  /** sha256 (hex) of each file as we wrote it; a file with another hash was changed by a person and is theirs. */
  files: z.record(z.string(), z.string()).default({}),
});

/** The hash of a generated file's text, as the manifest keeps it. */
export function fileHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One hash for many files, by their paths; the order they come in does not matter. */
export function treeHash(files: Readonly<Record<string, string>>): string {
  const lines = Object.entries(files).map(([path, text]) => `${fileHash(text)} ${path}`);
  return fileHash(lines.sort().join('\n'));
}

export type Project = Readonly<Omit<z.output<typeof projectShape>, 'decision' | 'schema' | 'files'>> & {
  readonly decision: Decision | null;
  readonly schema: Schema | null;
  readonly files: Readonly<Record<string, string>>;
};

export function frameworkOf(project: Pick<Project, 'framework'>): Framework {
  return project.framework ?? 'nitro';
}

/** A project and where it lies (absolute path). */
export interface ProjectFolder {
  readonly directory: string;
  readonly project: Project;
}
