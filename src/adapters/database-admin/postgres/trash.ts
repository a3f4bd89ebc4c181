import { identifier, literal } from '../../../domain/identifier.ts';
import type { DatabaseTarget } from '../../../domain/provisioning.ts';
import { INVALID_DATABASE } from './database.ts';
import type { ClusterFacts } from './facts.ts';

export function trashVerdict({ trash }: ClusterFacts): 'absent' | 'invalid' | 'present' {
  if (!trash) return 'absent';
  return trash.connectionLimit === INVALID_DATABASE ? 'invalid' : 'present';
}

/** Nobody gets in: neither database takes connections, and no role can log in. */
export function isShut({ database, trash, roles }: ClusterFacts): boolean {
  return !database?.open && !trash?.open && roles.every((role) => !role.login);
}

/** First half of T4: doors and logins close together. One transaction. */
export function shutStatements(facts: ClusterFacts, { names, trash }: DatabaseTarget): readonly string[] {
  const databases = [...(facts.database ? [names.database] : []), ...(facts.trash && trash ? [trash] : [])];
  return [
    ...databases.map((name) => `ALTER DATABASE ${identifier(name)} WITH IS_TEMPLATE false ALLOW_CONNECTIONS false`),
    ...facts.roles.filter((role) => role.login).map((role) => `ALTER ROLE ${identifier(role.name)} NOLOGIN`),
  ];
}

/** Ends whoever is still in and waits up to two seconds for it to be gone; nobody can come back. */
export function endSessionsStatement({ names }: DatabaseTarget): string {
  return `SELECT count(pg_terminate_backend(pid, 2000)) FROM pg_stat_activity
    WHERE datname = ${literal(names.database)} AND backend_type = 'client backend'`;
}

/** Second half of T4, and its reverse. The name is the only thing that changes: not a row is touched. */
export function renameStatement({ names, trash }: DatabaseTarget, direction: 'out' | 'back'): string {
  const away = identifier(needed(trash));
  const home = identifier(names.database);
  return direction === 'out' ? `ALTER DATABASE ${home} RENAME TO ${away}` : `ALTER DATABASE ${away} RENAME TO ${home}`;
}

export function dropTrashStatement({ trash }: DatabaseTarget): string {
  return `DROP DATABASE IF EXISTS ${identifier(needed(trash))}`;
}

function needed(trash: string | null): string {
  if (trash === null) throw new RangeError('this step needs a name in the trash');
  return trash;
}
