import { TurboError } from '../../../domain/errors.ts';
import { PROJECT_LABEL } from '../../../domain/remote.ts';
import type { RemoteMachine } from '../../../ports/remote-machine.ts';

/** A sandbox as far as it is used here. */
export interface Sandbox extends RemoteMachine {
  readonly labels: Readonly<Record<string, string>>;
  /** Where its daemon is; null when the API does not say. */
  readonly toolboxUrl: string | null;
  /** Why it does not run. */
  readonly reason: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (fields: Fields, name: string): string | null => {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** Throws `remote.unusable`: what answered is not Daytona's API. */
function refuse(what: string): never {
  throw new TurboError('remote.unusable', `Daytona answered with something that is no ${what}.`, {
    hint: 'Correct DAYTONA_API_URL.',
  });
}

/** The members of a JSON object. */
export function readFields(data: unknown, what: string): Fields {
  return isFields(data) ? data : refuse(what);
}

/** A text that has to be there. */
export function readText(data: unknown, name: string, what: string): string {
  return textOf(readFields(data, what), name) ?? refuse(what);
}

/** A sandbox, of a list or by itself. */
export function readSandbox(data: unknown): Sandbox {
  const fields = readFields(data, 'sandbox');
  const [id, name] = [textOf(fields, 'id'), textOf(fields, 'name')];
  if (id === null || name === null) return refuse('sandbox');
  const labels = readTexts(fields.labels);
  return {
    id,
    name,
    labels,
    state: textOf(fields, 'state') ?? 'unknown',
    projectId: labels[PROJECT_LABEL] ?? null,
    toolboxUrl: textOf(fields, 'toolboxProxyUrl'),
    reason: textOf(fields, 'errorReason'),
  };
}

/** One page of sandboxes, and where the next one starts. */
export function readPage(data: unknown): { readonly sandboxes: readonly Sandbox[]; readonly next: string | null } {
  const fields = readFields(data, 'list of sandboxes');
  if (!Array.isArray(fields.items)) return refuse('list of sandboxes');
  return { sandboxes: fields.items.map(readSandbox), next: textOf(fields, 'nextCursor') };
}

/** The members that are texts. */
function readTexts(data: unknown): Readonly<Record<string, string>> {
  if (!isFields(data)) return {};
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

/** The key that was sent. */
export function readKey(data: unknown): { readonly permissions: readonly string[]; readonly expiresAt: string | null } {
  const fields = readFields(data, 'description of a key');
  if (!Array.isArray(fields.permissions)) return refuse('description of a key');
  const permissions = fields.permissions.filter((each) => typeof each === 'string');
  return { permissions, expiresAt: textOf(fields, 'expiresAt') };
}

/** How a command ended. */
export function readRun(data: unknown): { readonly exitCode: number; readonly output: string } {
  const { exitCode, result } = readFields(data, 'end of a command');
  if (typeof result !== 'string') return refuse('end of a command');
  // The daemon leaves it out where it is nought.
  return { exitCode: typeof exitCode === 'number' ? exitCode : 0, output: result };
}

/** What was written, by its path. */
export function readWritten(data: unknown): ReadonlyMap<string, number> {
  const list = isFields(data) && Array.isArray(data.files) ? data.files : [];
  return new Map(
    list.flatMap((one: unknown) => {
      if (!isFields(one) || typeof one.bytes !== 'number') return [];
      const path = textOf(one, 'path');
      return path === null ? [] : [[path, one.bytes] as const];
    }),
  );
}

/** The commands of a session, in order; `isRunning` while it has no exit code. */
export function readCommands(data: unknown): readonly { readonly id: string; readonly isRunning: boolean }[] {
  const { commands } = readFields(data, 'session');
  if (!Array.isArray(commands)) return [];
  return commands.flatMap((one: unknown) => {
    const id = isFields(one) ? textOf(one, 'id') : null;
    return id === null || !isFields(one) ? [] : [{ id, isRunning: typeof one.exitCode !== 'number' }];
  });
}

/** The bytes of an answer, and what they are said to be. */
export function readBytes(data: unknown): { readonly bytes: Uint8Array; readonly type: string } {
  const { bytes, type } = readFields(data, 'file');
  return bytes instanceof Uint8Array && typeof type === 'string' ? { bytes, type } : refuse('file');
}
