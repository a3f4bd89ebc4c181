import type { Environment } from '../../domain/database.ts';
import { shellWord } from '../../domain/shell-word.ts';
import type { ProjectRecord } from '../../ports/state-records.ts';

/** Commands to type, whole and ready for a POSIX shell. */

export const withEnv = (env: Environment) => (env === 'dev' ? '' : ` --env ${env}`);

export function inFolder({ directory }: Pick<ProjectRecord, 'directory'>, command: string): string {
  return `cd ${shellWord(directory)} && ${command}`;
}

export function provisionCommand(project: Pick<ProjectRecord, 'directory'>, env: Environment): string {
  return inFolder(project, `turbobackend provision${withEnv(env)}`);
}

export function deprovisionCommand(projectId: string, env: Environment, flag: '--purge' | '--undo' | null): string {
  return `turbobackend deprovision ${projectId}${withEnv(env)}${flag === null ? '' : ` ${flag}`}`;
}

/** Statements of the role that changes tables. */
export function asMigrator(projectId: string, env: Environment, statement: string): string {
  return `psql "$(turbobackend db url ${projectId}${withEnv(env)} --role mig)" -c ${shellWord(statement)}`;
}
