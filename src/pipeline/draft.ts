import { join } from 'node:path';
import type { Json } from '../domain/api-document.ts';
import { contractName } from '../domain/contract-request.ts';
import type { Decision } from '../domain/decision.ts';
import { MANIFEST_FILE, type Project } from '../domain/project.ts';
import { nameFromRequest } from '../domain/project-name.ts';
import type { Request } from '../domain/request.ts';
import type { Schema } from '../domain/schema.ts';
import { readManifest, writeManifest } from '../operations/manifest.ts';
import type { Needs } from '../ports/services.ts';

interface Draft {
  readonly directory: string;
  readonly request: Request;
  readonly decision: Decision;
  readonly schema: Schema | null;
  /** The document it was designed from. */
  readonly contract?: Json;
}

/**
 * Keeps what `detect` and `design-schema` found out, so that the next phase needs no arguments: in an empty folder, or
 * in one that holds nothing but an earlier draft. A folder with anything else in it is left alone (null). The same
 * request keeps its id; another one starts a new project.
 */
export async function saveDraft(
  { directory, request, decision, schema, contract }: Draft,
  services: Needs<'workspace' | 'ids' | 'clock'>,
): Promise<string | null> {
  const present = await services.workspace.list(directory);
  const before = await readManifest(directory, services);
  const isDraft = present?.every((name) => name === MANIFEST_FILE) ?? true;
  if (!isDraft) return null;
  const same = before?.request === request.text ? before : null;
  const project: Project = {
    version: 1,
    id: same?.id ?? services.ids.projectId(),
    name: same?.name ?? (contract ? contractName(contract) : nameFromRequest(request.text)),
    request: request.text,
    createdAt: same?.createdAt ?? services.clock.now(),
    decision,
    schema: schema ?? (decision.needsDatabase ? (same?.schema ?? null) : null),
    ...(contract && { contract: { document: contract, missing: [] } }),
    ...(same?.framework && { framework: same.framework }),
    files: {},
  };
  await writeManifest(directory, project, services);
  return join(directory, MANIFEST_FILE);
}
