import type { Column } from '../../../domain/schema.ts';
import { generatorOf, type Resource } from '../resource.ts';

/** The value of a column that the server makes. */
export function madeValue(resource: Resource, column: Column): string {
  switch (generatorOf(column)) {
    case 'id':
      return 'nanoid()';
    case 'uuid':
      return 'randomUUID()';
    case 'owner':
      return 'account.id';
    default:
      return momentCode(resource, column);
  }
}

const ISO_NOW = 'new Date().toISOString()';
const TODAY = 'new Date().toISOString().slice(0, 10)';
const UNIX_NOW = 'Math.floor(Date.now() / 1000)';
const MOMENTS = [ISO_NOW, TODAY, UNIX_NOW];

export function momentCode(resource: Resource, column: Column): string {
  const kind = resource.typeOf(column).type?.kind;
  if (kind === 'timestamp') return ISO_NOW;
  return kind === 'date' ? TODAY : UNIX_NOW;
}

/** Values that are all of one moment read the clock once. */
export function shareMoment(values: readonly string[]): {
  readonly lines: readonly string[];
  readonly values: readonly string[];
} {
  const moments = values.filter((value) => MOMENTS.includes(value));
  const [first] = moments;
  if (first === undefined || moments.length < 2 || moments.some((value) => value !== first))
    return { lines: [], values };
  return { lines: [`  const now = ${first};`], values: values.map((value) => (value === first ? 'now' : value)) };
}

/** A password is stored as its hash; where people sign in, one asks for only so many. */
export function hashCode({ wall }: Pick<Resource, 'wall'>, value: string, required: boolean): string {
  const hash = wall ? `await hashFor(account, ${value})` : `await hashPassword(${value})`;
  return required ? hash : `${value} && (${hash})`;
}
