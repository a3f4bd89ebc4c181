import { basename, dirname, join } from 'node:path';
import { TurboError } from '../domain/errors.ts';
import { frameworkOf } from '../domain/project.ts';
import { nameFromRequest, parseProjectName, slug } from '../domain/project-name.ts';
import { readManifest } from '../operations/manifest.ts';
import { assertOwner } from '../operations/ownership.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-records.ts';
import type { CreateOrder } from './order.ts';

/** A project's identity and place, decided once and kept through every resume. */
export interface Claim {
  readonly id: string;
  readonly name: string;
  readonly directory: string;
  readonly createdAt: number;
  /** The project was finished, but somebody removed its folder: everything is made again, the data is kept. */
  readonly folderIsGone: boolean;
}

const MAX_NUMBERED_FOLDERS = 100;

/**
 * Decides name and folder and writes them down, so that the same command finds them again after a crash. Throws
 * `project.exists` when something else is in the way, `project.not_yours` when it is somebody else's; nothing is ever
 * overwritten.
 */
export async function claimFolder(
  order: CreateOrder,
  services: Needs<'state' | 'workspace' | 'ids' | 'clock' | 'owner'>,
): Promise<Claim> {
  const id = order.projectId ?? services.ids.projectId();
  const name = order.name === undefined ? nameFromRequest(order.request.text) : parseProjectName(order.name);
  const directory = order.directory ?? (await chooseDirectory(order, name, services));
  await services.workspace.checkWritable(directory);
  const known = await services.state.findProjectByDirectory(directory);
  if (known) return adopt(known, order, services);
  const found = await services.workspace.list(directory);
  // Somebody who was quicker may have claimed it since, and begun.
  const since = isOccupied(found) ? await services.state.findProjectByDirectory(directory) : null;
  if (since) return adopt(since, order, services);
  refuseOccupied(directory, found);
  const createdAt = services.clock.now();
  const request = order.request.text;
  const record = await services.state.claimProject({ id, name, request, directory, createdAt });
  return adopt(record, order, services);
}

/** The id and name that `claimFolder` would give, for plans: those of the project that is there, or of a new one. */
export async function foreseeClaim(
  order: CreateOrder,
  services: Needs<'state' | 'workspace' | 'ids'>,
): Promise<Pick<Claim, 'id' | 'name'> & { readonly isKnown: boolean }> {
  const name = order.name === undefined ? nameFromRequest(order.request.text) : parseProjectName(order.name);
  const directory = order.directory ?? (await chooseDirectory(order, name, services));
  const known = await services.state.findProjectByDirectory(directory);
  if (known) return { id: known.id, name: known.name, isKnown: true };
  return { id: order.projectId ?? services.ids.projectId(), name, isKnown: false };
}

/** Takes over the record of this folder if it is for the same request. */
async function adopt(
  record: ProjectRecord,
  order: CreateOrder,
  services: Needs<'workspace' | 'owner'>,
): Promise<Claim> {
  assertOwner(record, services);
  if (record.request !== order.request.text) {
    throw new TurboError(
      'project.exists',
      `${record.directory} holds the project for ${JSON.stringify(excerpt(record.request))}.`,
      {
        hint: 'Give the new one another folder: --dir <folder>, or take the old one away: turbobackend destroy',
      },
    );
  }
  // Listed first: a folder appears whole, so that files seen now come with their manifest.
  const found = await services.workspace.list(record.directory);
  const manifest = await readManifest(record.directory, services);
  if (manifest === null) refuseOccupied(record.directory, found);
  const decided = manifest?.decision?.needsDatabase;
  if (order.database !== undefined && decided !== undefined && decided !== order.database) {
    throw new TurboError('project.exists', `${record.directory} was made ${decided ? 'with' : 'without'} a database.`, {
      hint: `Take it away first: turbobackend destroy ${record.id}, or give the new one another folder: --dir <folder>`,
    });
  }
  if (order.framework !== undefined && manifest !== null && frameworkOf(manifest) !== order.framework) {
    throw new TurboError('project.exists', `${record.directory} was made with ${frameworkOf(manifest)}.`, {
      hint: `Take it away first: turbobackend destroy ${record.id}, or give the new one another folder: --dir <folder>`,
    });
  }
  const { id, name, directory, createdAt } = record;
  return { id, name, directory, createdAt, folderIsGone: record.status === 'ready' && manifest === null };
}

const excerpt = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

const isOccupied = (found: readonly string[] | null): found is readonly string[] => (found?.length ?? 0) > 0;

function refuseOccupied(directory: string, found: readonly string[] | null): void {
  if (!isOccupied(found)) return;
  const some = found.slice(0, 5).join(', ');
  throw new TurboError(
    'project.exists',
    `${directory} is not empty (${some}${found.length > 5 ? `, … ${found.length} in all` : ''}). Nothing was changed.`,
    { hint: 'Choose another folder: --dir <folder> or --name <name>' },
  );
}

/**
 * `<parent>/<slug>`; a project of another name or request that already has it (names that differ only in case, say)
 * moves the new one to `<slug>-2`. A resumed create finds its own folder again, because name and request are equal.
 */
async function chooseDirectory(
  order: CreateOrder,
  name: string,
  services: Needs<'state' | 'workspace'>,
): Promise<string> {
  const base = join(order.parent, slug(name) || name.toLowerCase());
  for (let number = 1; number <= MAX_NUMBERED_FOLDERS; number += 1) {
    const directory = number === 1 ? base : join(dirname(base), `${basename(base)}-${number}`);
    const known = await services.state.findProjectByDirectory(directory);
    if (!known || (known.name === name && known.request === order.request.text)) return directory;
    if (order.name !== undefined && known.name === name) {
      throw new TurboError(
        'project.exists',
        `${known.directory} holds a project called ${JSON.stringify(name)} already.`,
        {
          hint: 'Give the new one another name: --name <name>, or say where it goes: --dir <folder>',
        },
      );
    }
  }
  throw new TurboError('project.exists', `${base} and ${MAX_NUMBERED_FOLDERS} folders like it are taken.`, {
    hint: 'Choose another name: --name <name>',
  });
}
