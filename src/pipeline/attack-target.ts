import { planContract } from '../domain/contract.ts';
import type { ContractAction } from '../domain/contract-plan.ts';
import { operationName } from '../domain/endpoint-path.ts';
import type { Project } from '../domain/project.ts';
import { EMPTY_SCHEMA } from '../domain/schema.ts';
import type { AttackOrder } from '../phases/attack.ts';

/** What is attacked: tables, or the operations of a contract that somebody has written. */
export function attackTarget({
  schema,
  contract,
  endpoints,
}: Pick<Project, 'schema' | 'contract' | 'endpoints'>): Pick<AttackOrder, 'schema' | 'operations' | 'only'> {
  if (!contract) return { schema: schema ?? EMPTY_SCHEMA };
  const { operations } = planContract(contract.document, schema ?? EMPTY_SCHEMA);
  const written = new Set(endpoints?.filter(({ status }) => status === 'written').map(({ name }) => name));
  return {
    schema: EMPTY_SCHEMA,
    only: ['protocol', 'traversal', 'slow-requests', 'operations', 'crowd'],
    operations: operations
      .filter(({ id, action }) => action.kind !== 'custom' || written.has(operationName(id)))
      .map(({ method, path, guard, action, query, takesBody }) => ({
        method: method.toUpperCase(),
        path,
        query: action.kind === 'list' ? queryOf(action) : action.kind === 'custom' ? query : [],
        needsAccount: guard === 'account' || guard === 'key',
        takesBody: action.kind === 'custom' ? takesBody : 'body' in action,
      })),
  };
}

function queryOf({ filters, paging, sort }: Extract<ContractAction, { kind: 'list' }>): readonly string[] {
  const { limit, offset, page, cursor } = paging ?? {};
  const paged = [limit, offset, page, cursor, sort?.param, sort?.direction].filter((name) => typeof name === 'string');
  return [...filters.map(({ param }) => param), ...paged];
}
