import { type ErrorCode, TurboError } from '../../domain/errors.ts';

/** 0 done · 1 bug · 2 usage · 3 refused by policy or state · 4 outside world · 5 conflict or locked · 130, 143 signals. */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  'usage.invalid': 2,
  'usage.missing': 2,
  'request.empty': 2,
  'request.too_long': 2,
  'name.invalid': 2,
  'schema.invalid': 3,
  'project.not_found': 2,
  'project.exists': 5,
  'project.damaged': 3,
  'project.foreign': 5,
  'project.incomplete': 3,
  'cluster.unsupported': 4,
  'cluster.unreachable': 4,
  'cluster.denied': 4,
  'cluster.version': 4,
  'cluster.pooler': 4,
  'cluster.start_failed': 4,
  'cluster.locked': 5,
  'cluster.data_folder': 4,
  'database.foreign': 5,
  'database.failed': 4,
  'metadata.newer': 3,
  'secret.unreadable': 4,
  'migration.invalid': 2,
  'migration.refused': 3,
  'migration.changed': 3,
  'migration.missing': 3,
  'migration.failed': 3,
  'workspace.unwritable': 4,
  'workspace.full': 4,
  'build.failed': 4,
  'deploy.port_taken': 5,
  'deploy.unhealthy': 4,
  'deploy.not_running': 3,
  'verify.failed': 3,
  'run.locked': 5,
  'run.not_found': 2,
  'config.invalid': 2,
  'confirm.needed': 2,
  interrupted: 130,
  terminated: 143,
};

/** Anything that is not a TurboError is a bug of ours. */
export function exitCode(error: unknown): number {
  return error instanceof TurboError ? EXIT_CODES[error.code] : 1;
}
