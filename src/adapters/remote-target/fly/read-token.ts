import { type Packed, readMsgpack } from './read-msgpack.ts';

/** What a token of Fly.io says of itself. It cannot be made to say less, so that what it forbids is forbidden. */
export interface TokenLimits {
  /** What it does not let us do in its organisation. */
  readonly missing: readonly string[];
  /** It is for single apps, machines or features. */
  readonly isNarrow: boolean;
  /** Unix seconds; null: it does not expire. */
  readonly expiresAt: number | null;
}

/** Of the macaroons in a token, the ones that permit; others say who asks. */
const PERMISSION = 'https://api.fly.io/v1';
// https://github.com/superfly/macaroon/blob/main/resset/action.go
const ACTIONS: readonly (readonly [bit: number, word: string])[] = [
  [1, 'read'],
  [2, 'write'],
  [4, 'create'],
  [8, 'delete'],
  [16, 'control'],
];
const ALL = 0xffff;
// https://github.com/superfly/macaroon/blob/main/caveat.go
const CAVEAT = { organization: 0, apps: 3, validity: 4, ifPresent: 13 } as const;
/** Volumes, features, mutations, machines, features of machines, clusters: what has one can make no app. */
const NARROW: readonly Packed[] = [2, 5, 6, 7, 14, 16];

/**
 * The limits that stand in the text of a token, by the format that Fly.io publishes
 * (https://github.com/superfly/macaroon); of several macaroons the one that permits most counts. Null when it is of
 * another kind, or cannot be read: then only Fly.io knows.
 */
export function readFlyToken(token: string): TokenLimits | null {
  const parts = token.replace(/^FlyV1\s+/, '').split(',');
  try {
    const found = parts.flatMap((part) => {
      const encoded = /^fm(?:1r|1a|2)_([A-Za-z0-9+/=_-]+)$/.exec(part.trim())?.[1];
      if (encoded === undefined) throw new Error('no macaroon');
      const macaroon = listOf(readMsgpack(Buffer.from(encoded, 'base64')));
      return macaroon[1] === PERMISSION ? [limitsOf(listOf(macaroon[2]))] : [];
    });
    const weight = ({ missing, isNarrow }: TokenLimits) => missing.length + (isNarrow ? ACTIONS.length : 0);
    return found.sort((one, other) => weight(one) - weight(other))[0] ?? null;
  } catch {
    // Not as we know it: what it may do is seen when it does.
    return null;
  }
}

/** Caveats stand as kind and body in turn; each one takes something away. */
function limitsOf(caveats: readonly Packed[]): TokenLimits {
  let mask = ALL;
  let isNarrow = false;
  let expiresAt: number | null = null;
  for (let at = 0; at + 1 < caveats.length; at += 2) {
    const [kind, body] = [caveats[at], listOf(caveats[at + 1])];
    if (kind === CAVEAT.organization || kind === CAVEAT.ifPresent) mask &= numberOf(body[1]);
    if (kind === CAVEAT.validity) expiresAt = Math.min(expiresAt ?? Number.POSITIVE_INFINITY, numberOf(body[1]));
    if (kind === CAVEAT.apps) {
      // The number 0 stands for all of them, also those to come.
      const every = body[0] instanceof Map ? body[0].get(0) : undefined;
      if (every === undefined) isNarrow = true;
      else mask &= numberOf(every);
    }
    if (NARROW.includes(kind ?? null)) isNarrow = true;
  }
  return { missing: ACTIONS.flatMap(([bit, word]) => ((mask & bit) === 0 ? [word] : [])), isNarrow, expiresAt };
}

function listOf(value: Packed | undefined): readonly Packed[] {
  if (Array.isArray(value)) return value;
  throw new Error('no list');
}

function numberOf(value: Packed | undefined): number {
  if (typeof value === 'number') return value;
  throw new Error('no number');
}
