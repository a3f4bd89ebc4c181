import type { ContractKeys, ContractPlan, KeyPlace, PlannedOperation } from '../../../domain/contract-plan.ts';
import { readableIdentifier } from '../../../domain/identifier.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import { jsonCode, listed, property, quoted } from '../source.ts';

const LAST_SCRIPT = '"migrate": "node scripts/migrate.mjs"';
const KEY_SCRIPT = `${LAST_SCRIPT},\n    "api-keys": "node scripts/api-keys.mjs"`;

/** The files of a project whose operations are opened by keys that somebody makes; `template` are those of its folder. */
export function keyFiles({ keys, operations }: ContractPlan, template: FileTree, texts: FileTree): FileTree {
  if (!keys) return {};
  const isOptional = operations.some(({ guard, opens }) => guard === 'optional' && Object.keys(opens).length > 0);
  const table = readableIdentifier(keys.table);
  const scopes = listed('[', keys.scopes.map(quoted), ']');
  const needed = Object.entries(template).filter(([path]) => isOptional || path !== 'server/lib/optional-key.ts');
  const fitted = needed.map(([path, text]) => [
    path,
    text.replaceAll('app.KEYS', () => `app.${table}`).replaceAll('ALL_SCOPES', () => scopes),
  ]);
  return {
    ...Object.fromEntries(fitted),
    'server/lib/key-places.ts': placesModule(keys),
    'package.json': (texts['package.json'] ?? '').replace(LAST_SCRIPT, () => KEY_SCRIPT),
  };
}

function placesModule({ places }: ContractKeys): string {
  const entries = Object.entries(places).map(
    ([scheme, place]) => `  ${property(scheme)}: { in: ${quoted(place.in)}, name: ${quoted(place.name)} },`,
  );
  return `/** Where a request carries a key. */
export interface KeyPlace {
  readonly in: 'header' | 'query' | 'cookie' | 'bearer' | 'basic';
  readonly name: string;
}

/** By the name of the scheme in the document. */
export const keyPlaces = {
${entries.join('\n')}
} as const satisfies Record<string, KeyPlace>;
`;
}

/** `{ apiKey: [] }`: what opens an operation. */
export function opensCode({ opens }: Pick<PlannedOperation, 'opens'>): string {
  return jsonCode(opens);
}

/** What README.md says of keys. */
export function keysText({ keys }: ContractPlan, part: string): string {
  if (!keys) return '';
  const [scope] = keys.scopes;
  const places = Object.values(keys.places).map(placeText);
  return part
    .trimEnd()
    .replace('TABLE', keys.table)
    .replace(
      'SCOPES',
      scope === undefined ? '' : `\nnpm run api-keys -- add editor --scopes ${keys.scopes.slice(0, 2).join(',')}`,
    )
    .replace('PLACES', () => `Requests carry it as ${[...new Set(places)].join(' or ')}.`);
}

function placeText({ in: place, name }: KeyPlace): string {
  switch (place) {
    case 'header':
      return `\`${name}: <key>\``;
    case 'query':
      return `\`?${name}=<key>\` (which ends up in logs of proxies)`;
    case 'cookie':
      return `the cookie \`${name}\``;
    case 'bearer':
      return '`Authorization: Bearer <key>`';
    case 'basic':
      return 'the password of `Authorization: Basic`, with any name';
  }
}
