import type { ContractAction } from '../contract-plan.ts';
import type { ContractParent } from '../contract-rows.ts';
import { addressOf, rowAddress } from './addresses.ts';
import type { Entity } from './entity.ts';
import type { Link } from './links.ts';
import { NotPlain } from './not-plain.ts';
import { type ApiOperation, successOf } from './operations.ts';
import { isVariable, parentOf } from './paths.ts';
import { type Scene, tableOf } from './scene.ts';
import { answerView } from './views.ts';

/** What is done to one of the rows that are tied to another; null for other operations. Throws `NotPlain`. */
export function linkAction(scene: Scene, operation: ApiOperation): ContractAction | null {
  const { path, method } = operation;
  const link = scene.links.find(({ prefix }) => prefix === parentOf(path) && prefix !== path);
  if (!link) return null;
  tableOf(scene, link);
  const target = rowAddress(scene, link.target, path, operation);
  const parent = parentOfLink(scene, link, operation);
  const query = operation.parameters.find(({ in: where }) => where === 'query');
  if (query) throw new NotPlain(`nothing is known about the parameter ${query.name} (${query.pointer})`);
  if (method === 'get') {
    const view = answerView(scene, operation, link.target);
    if (!view) throw new NotPlain('it answers nothing');
    return { kind: 'read', address: { ...target, parent }, view };
  }
  if (operation !== link.on && method !== 'delete') throw new NotPlain('it is no plain handling of rows');
  if (operation.body || operation.takesOther) throw new NotPlain('it takes a body');
  if (successOf(operation)?.schema) throw new NotPlain('it answers more than that it is done');
  if (tableOf(scene, link.parent).access?.write === 'owner' && operation.security !== 'required') {
    throw new NotPlain('anybody could change what belongs to somebody');
  }
  const { table, parentColumn, targetColumn } = link;
  const isOn = operation === link.on;
  return { kind: 'link', parent: parent.address, target, table, parentColumn, targetColumn, isOn };
}

function parentOfLink(scene: Scene, link: Link, operation: ApiOperation): ContractParent {
  const item = link.prefix.split('/').slice(0, -1).join('/');
  const { table, parentColumn, targetColumn } = link;
  return {
    address: addressOf(scene, item, operation),
    column: '',
    link: { table, column: parentColumn, other: targetColumn },
  };
}

/** `/tags/{id}/posts`, `/posts/{id}/tags`: the rows that are tied to one; null for other lists. */
export function tiedRows(
  scene: Scene,
  operation: ApiOperation,
): { readonly entity: Entity; readonly parent: ContractParent } | null {
  const { path, segments } = operation;
  const own = scene.links.find(({ prefix }) => prefix === path);
  if (own) {
    tableOf(scene, own);
    return { entity: own.target, parent: parentOfLink(scene, own, operation) };
  }
  const item = `/${segments.slice(0, -1).join('/')}`;
  const turned = scene.links.find(
    ({ target, parent }) =>
      isVariable(segments.at(-2)) && target.prefixes.has(parentOf(item)) && segments.at(-1) === parent.table,
  );
  if (!turned) return null;
  tableOf(scene, turned);
  const link = { table: turned.table, column: turned.targetColumn, other: turned.parentColumn };
  return { entity: turned.parent, parent: { address: addressOf(scene, item, operation), column: '', link } };
}
