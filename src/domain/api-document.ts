import { TurboError } from './errors.ts';

/** Reading an OpenAPI document: members that an object has itself, places by their JSON pointer, references. */

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member the object has itself; undefined otherwise. */
export function member(value: unknown, name: string): unknown {
  return isJson(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** An object in a document, and where it stands: `#/paths/~1articles/get`. */
export interface Spot {
  readonly value: Json;
  readonly pointer: string;
}

/** The pointer of a member (RFC 6901). */
export function pointerTo(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** How many references may lead to each other. */
const MAX_REFERENCES = 32;

/** A document that is read by its places. */
export class ApiDocument {
  readonly root: Spot;

  constructor(readonly value: Json) {
    this.root = { value, pointer: '#' };
  }

  /** The object at a member, references followed; null when there is none. */
  at(spot: Spot | null, ...names: readonly (string | number)[]): Spot | null {
    let current = spot;
    for (const name of names) {
      if (!current) return null;
      const list: unknown = current.value;
      const found = Array.isArray(list) && typeof name === 'number' ? list[name] : member(list, String(name));
      current = isObject(found) ? this.follow({ value: found, pointer: pointerTo(current.pointer, name) }) : null;
    }
    return current;
  }

  /** The objects in a list or map, in their order. */
  members(spot: Spot | null): readonly (readonly [name: string, spot: Spot])[] {
    if (!spot) return [];
    return Object.keys(spot.value).flatMap((name) => {
      const found = this.at(spot, Array.isArray(spot.value) ? Number(name) : name);
      return found ? [[name, found] as const] : [];
    });
  }

  /** What a reference leads to. Throws `contract.invalid` for one that leads nowhere or in a circle. */
  follow(spot: Spot): Spot {
    let current = spot;
    for (let steps = 0; steps < MAX_REFERENCES; steps += 1) {
      const target = member(current.value, '$ref');
      if (typeof target !== 'string') return current;
      current = this.find(target, current.pointer);
    }
    throw new TurboError('contract.invalid', `The reference at ${spot.pointer} leads in a circle.`, {
      hint: 'Let it lead to something that is no reference itself.',
    });
  }

  private find(target: string, from: string): Spot {
    let value: unknown = this.value;
    for (const part of target.split('/').slice(1)) {
      const name = unescapePart(part);
      value = Array.isArray(value) && /^\d+$/.test(name) ? value[Number(name)] : member(value, name);
    }
    if (isObject(value)) return { value, pointer: target };
    throw new TurboError('contract.invalid', `The reference at ${from} leads nowhere: ${JSON.stringify(target)}.`, {
      hint: 'Write down what it names, or correct the name.',
    });
  }
}

/** Lists count as objects here: their items are places too. */
function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function unescapePart(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return part;
  }
}
