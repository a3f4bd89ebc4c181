import { type ApiDocument, member } from '../api-document.ts';
import type { ContractKeys, KeyPlace } from '../contract-plan.ts';
import { NotPlain } from './not-plain.ts';
import type { ApiOperation } from './operations.ts';

/** What tables of keys are called, where nothing of the document is. */
const NAMES = ['api_keys', 'server_keys', 'server_api_keys'];

/**
 * The keys of a document in which nobody signs up: somebody who runs the backend makes them. Null when no operation asks
 * for one, or nothing is kept.
 */
export function findKeys(
  document: ApiDocument,
  operations: readonly ApiOperation[],
  tables: readonly string[],
): ContractKeys | null {
  const table = NAMES.find((name) => !tables.includes(name));
  const isNeeded = operations.some(({ security }) => security === 'required');
  if (!isNeeded || tables.length === 0 || table === undefined) return null;
  const asked = operations.filter(({ security }) => security !== 'none');
  const places = [...new Set(asked.flatMap(({ schemes }) => schemes))].flatMap((scheme): [string, KeyPlace][] => {
    const place = placeOf(document, scheme);
    return place ? [[scheme, place]] : [];
  });
  if (places.length === 0) return null;
  const scopes = asked.flatMap(({ demands }) => demands.flatMap((demand) => Object.values(demand).flat()));
  return { table, places: Object.fromEntries(places), scopes: [...new Set(scopes)].sort() };
}

/** Where a request carries a key; a token that somebody else would give out is one of ours here. */
function placeOf(document: ApiDocument, scheme: string): KeyPlace | null {
  const found = document.at(document.root, 'components', 'securitySchemes', scheme);
  const said = (name: string) => {
    const text = member(found?.value, name);
    return typeof text === 'string' ? text : '';
  };
  switch (said('type')) {
    case 'apiKey': {
      const place = said('in');
      if (place !== 'header' && place !== 'query' && place !== 'cookie') return null;
      return /^[\w.~-]{1,100}$/.test(said('name')) ? { in: place, name: said('name') } : null;
    }
    case 'http': {
      const kind = said('scheme').toLowerCase();
      return kind === 'basic' || kind === 'bearer' ? { in: kind, name: 'authorization' } : null;
    }
    case 'oauth2':
    case 'openIdConnect':
      return { in: 'bearer', name: 'authorization' };
    default:
      return null;
  }
}

/** One that asks for nothing lets everybody in. */
const isDemand = (demand: object) => Object.keys(demand).length > 0;

/** Scopes by the name of a scheme, one of which is enough. */
export type KeyDemands = Readonly<Record<string, readonly string[]>>;

/** What opens an operation: scopes by the name of a scheme, one of which is enough. Throws `NotPlain`. */
export function keyDemands(keys: ContractKeys, { demands }: Pick<ApiOperation, 'demands'>): KeyDemands {
  const opened = demands.filter(isDemand).map((demand) => {
    const [[scheme, scopes] = ['', []], ...others] = Object.entries(demand);
    if (others.length > 0) throw new NotPlain('it asks for several keys at once');
    if (!keys.places[scheme]) throw new NotPlain(`nothing is known about keys of the kind ${scheme}`);
    return [scheme, scopes] as const;
  });
  return Object.fromEntries(opened);
}
