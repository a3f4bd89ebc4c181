import type { Entity } from './entity.ts';
import type { ApiOperation } from './operations.ts';
import { isVariable, parentOf } from './paths.ts';

/** Rows of two collections that PUT or POST and DELETE of a path tie together: `/posts/{id}/tags/{tagId}`. */
export interface Link {
  /** `/posts/{id}/tags` */
  readonly prefix: string;
  readonly parent: Entity;
  readonly target: Entity;
  readonly on: ApiOperation;
  readonly table: string;
  readonly parentColumn: string;
  readonly targetColumn: string;
}

/** All of them. What is tied together is no longer below: the rows have a collection of their own. */
export function takeLinks(operations: readonly ApiOperation[], entities: readonly Entity[]): readonly Link[] {
  return operations.flatMap((on): Link[] => {
    const prefix = parentOf(on.path);
    const item = prefix.split('/').slice(0, -1).join('/');
    const target = entities.find(({ prefixes }) => prefix !== on.path && prefixes.has(prefix));
    const parent = entities.find(({ prefixes }) => item !== parentOf(item) && prefixes.has(parentOf(item)));
    const isTying = (on.method === 'put' || on.method === 'post') && on.body === null && !on.takesOther;
    if (!isTying || !target || !parent || target === parent || target.isAccounts || parent.isAccounts) return [];
    const others = [...target.prefixes].filter((other) => other !== prefix);
    if (!others.some((other) => !other.split('/').some(isVariable))) return [];
    target.prefixes.delete(prefix);
    return [
      {
        ...{ prefix, parent, target, on, table: `${parent.singular}_${target.table}` },
        ...{ parentColumn: `${parent.singular}_id`, targetColumn: `${target.singular}_id` },
      },
    ];
  });
}
