import type { Project } from '../../domain/project.ts';
import { keepsSecrets, resourcesOf } from './resource.ts';

/** The folders of the template that make up a project, what lies on top last; `written`: how many endpoints somebody wrote. */
export function layersOf(
  { schema, contract }: Pick<Project, 'schema' | 'contract'>,
  written: number,
): readonly string[] {
  if (schema === null || schema.tables.length === 0) return ['base', 'plain'];
  const { accounts } = schema;
  const resources = accounts ? resourcesOf(schema) : [];
  // Operations of a document may ask for administrators where no table does.
  const hasAdmins = contract
    ? accounts !== null && accounts.role !== null
    : resources.some(({ wall }) => wall?.guards.change === 'admin');
  return [
    ...['base', 'database'],
    ...(accounts ? ['accounts'] : []),
    ...(accounts?.role ? ['roles'] : []),
    ...(hasAdmins ? ['admins'] : []),
    ...(resources.some(keepsSecrets) ? ['secrets'] : []),
    // What the queries of endpoints run on.
    ...(written > 0 ? [accounts ? 'owned-endpoints' : 'endpoints', 'written'] : []),
  ];
}
