import type { Entity } from './entity.ts';
import { tableNameOf } from './names.ts';
import type { ApiOperation } from './operations.ts';
import { isVariable, parentOf } from './paths.ts';

/** A relation that POST or PUT and DELETE of a path switch on and off: following, liking. */
export interface Toggle {
  readonly path: string;
  /** `favorite`. */
  readonly verb: string;
  readonly entity: Entity;
  readonly on: ApiOperation;
  readonly off: ApiOperation;
  readonly table: string;
  /** The column with what it is about; the other one is the account's. */
  readonly column: string;
}

/** All of them; only who is signed in switches something. */
export function findToggles(operations: readonly ApiOperation[], entities: readonly Entity[]): readonly Toggle[] {
  return operations.flatMap((off): Toggle[] => {
    const verb = off.segments.at(-1) ?? '';
    const item = `/${off.segments.slice(0, -1).join('/')}`;
    const entity = entities.find(({ prefixes }) => item !== parentOf(item) && prefixes.has(parentOf(item)));
    const on = operations.find(
      ({ path, method, body }) => path === off.path && (method === 'post' || method === 'put') && body === null,
    );
    const isSwitch = off.method === 'delete' && off.body === null && !isVariable(verb) && off.security === 'required';
    if (!isSwitch || !on || on.security !== 'required' || !entity || entity.prefixes.has(off.path)) return [];
    const column = `${entity.singular}_id`;
    return [
      {
        path: off.path,
        verb,
        entity,
        on,
        off,
        table: tableNameOf(`${entity.singular}_${verb}`),
        column: entity.isAccounts ? `other_${column}` : column,
      },
    ];
  });
}
