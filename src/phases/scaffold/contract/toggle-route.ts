import type { ContractAction } from '../../../domain/contract-plan.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import { askerLine, foundLine, keyParts, pathParts, write } from './route-lines.ts';
import { type RouteScene, routeFile, statement } from './route-module.ts';
import { shownParts } from './shown-parts.ts';
import { tableIn } from './sql.ts';

type Of<K extends ContractAction['kind']> = Extract<ContractAction, { kind: K }>;

/** `POST` and `DELETE /articles/{slug}/favorite`. */
export function toggleRoute(scene: RouteScene, { address, toggle, isOn, view }: Of<'toggle'>): string {
  const target = tableIn(scene, address.table);
  const { part, reading } = keyParts(scene, address, 'FIND');
  const [account, about] = [name(toggle.accountColumn), name(toggle.column)];
  const text = isOn
    ? [
        `insert into ${APP_SCHEMA}.${name(toggle.table)} (${account}, ${about})`,
        'values ($1, $2)',
        'on conflict do nothing',
      ]
    : [`delete from ${APP_SCHEMA}.${name(toggle.table)}`, `where ${account} = $1`, `  and ${about} = $2`];
  const path = pathParts(address);
  const shown = shownParts(scene, target, view, false);
  const constant = isOn ? 'SWITCH_ON' : 'SWITCH_OFF';
  return routeFile(
    scene,
    [path.part, part, statement(constant, `${toggle.table}.${scene.operation.id}`, text), ...shown.parts],
    [
      askerLine(scene),
      path.line,
      foundLine('row', reading),
      'const values = [account.id, row.key];',
      `${write(scene, 'object', constant)};`,
      ...shown.lines,
    ],
  );
}
