/**
 * Every way turbobackend can fail on purpose. Codes are stable: scripts match on them. Each has one row in the
 * README's table, and a test holds the two equal. Exit codes belong to the entrypoints.
 */
export const ERROR_CODES = [
  'usage.invalid',
  'usage.missing',
  'request.empty',
  'request.too_long',
  'request.unclear',
  'name.invalid',
  'schema.invalid',
  'template.unknown',
  'contract.unreadable',
  'contract.invalid',
  'contract.unsupported',
  'project.not_found',
  'project.exists',
  'project.damaged',
  'project.foreign',
  'project.incomplete',
  'project.not_yours',
  'cluster.unsupported',
  'cluster.unreachable',
  'cluster.denied',
  'cluster.version',
  'cluster.pooler',
  'cluster.start_failed',
  'cluster.locked',
  'cluster.data_folder',
  'database.foreign',
  'database.failed',
  'database.not_in_trash',
  'database.not_empty',
  'limit.reached',
  'sandbox.missing',
  'model.unreachable',
  'model.timeout',
  'model.denied',
  'model.limited',
  'model.unknown',
  'model.not_api',
  'model.failed',
  'model.refused',
  'model.unusable',
  'model.not_recorded',
  'metadata.newer',
  'secret.unreadable',
  'secret.exposed',
  'migration.invalid',
  'migration.refused',
  'migration.changed',
  'migration.missing',
  'migration.failed',
  'version.not_found',
  'version.unfinished',
  'version.refused',
  'version.damaged',
  'workspace.unwritable',
  'workspace.full',
  'build.failed',
  'deploy.port_taken',
  'deploy.unhealthy',
  'deploy.not_running',
  'remote.denied',
  'remote.unreachable',
  'remote.limited',
  'remote.conflict',
  'remote.failed',
  'remote.unusable',
  'remote.changed',
  'verify.failed',
  'run.locked',
  'run.not_found',
  'run.cancelled',
  'run.finished',
  'config.invalid',
  'confirm.needed',
  'interrupted',
  'terminated',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A failure somebody can act on. `message` names the thing that failed; `hint` is the next command to type. */
export class TurboError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Machine-readable particulars (never a secret), shown by `--json`. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TurboError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

export function isTurboError(error: unknown, code?: ErrorCode): error is TurboError {
  return error instanceof TurboError && (code === undefined || error.code === code);
}
