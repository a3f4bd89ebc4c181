import type { Domain, Lexicon, Sense } from './lexicon.ts';

/** The nouns and names of domains that a request was found to contain. */
export interface Spoken {
  readonly nouns: readonly string[];
  readonly names: readonly string[];
}

/**
 * The lexicon as far as a request is about it. Domains that few requests are about use ordinary words in a sense of
 * their own (a box, a unit, a run); they are only heard where the request names one of them, or speaks of several
 * things of which some are known to it alone.
 */
export function withoutSilentNiches(lexicon: Lexicon, spoken: Spoken): Lexicon {
  const heard = heardDomains(lexicon, spoken);
  const silent = new Set(lexicon.domains.filter((domain) => domain.file.niche && !heard.has(domain)));
  if (silent.size === 0) return lexicon;
  const key = [...silent].map(({ name }) => name).join(' ');
  const made = quiet.get(lexicon) ?? new Map<string, Lexicon>();
  const before = made.get(key);
  if (before) return before;
  const result = { ...lexicon, nouns: without(lexicon.nouns, silent), verbs: without(lexicon.verbs, silent) };
  if (made.size >= REMEMBERED) made.clear();
  quiet.set(lexicon, made.set(key, result));
  return result;
}

/** Most requests leave the same domains silent: what is left is worked out once. */
const quiet = new WeakMap<Lexicon, Map<string, Lexicon>>();
const REMEMBERED = 16;

const OWN_THINGS = 2;
const THINGS = 3;

/** Domains that are named, or that several things spoken of belong to, some of them to nothing else. */
function heardDomains(lexicon: Lexicon, { nouns, names }: Spoken): ReadonlySet<Domain> {
  const heard = new Set(names.flatMap((name) => lexicon.domainWords.get(name) ?? []));
  const known = new Map<Domain, { things: number; own: number }>();
  for (const noun of new Set(nouns)) {
    const homes = new Set((lexicon.nouns.get(noun) ?? []).map(({ domain }) => domain));
    for (const domain of homes) {
      const count = known.get(domain) ?? { things: 0, own: 0 };
      const own = count.own + (isOnlyThere(noun, domain, lexicon) ? 1 : 0);
      known.set(domain, { things: count.things + 1, own });
    }
  }
  for (const [domain, { things, own }] of known)
    if (own >= OWN_THINGS || (own > 0 && things >= THINGS)) heard.add(domain);
  return heard;
}

function isOnlyThere(noun: string, domain: Domain, { nouns, english, attributes }: Lexicon): boolean {
  const isOrdinary = english.filler.has(noun) || english.ambiguous.has(noun) || english.common.has(noun);
  return (
    !isOrdinary &&
    attributes.known(noun) === null &&
    nouns.get(noun)?.every((sense) => sense.domain === domain || sense.domain.file.general) === true
  );
}

function without(senses: ReadonlyMap<string, readonly Sense[]>, silent: ReadonlySet<Domain>) {
  const kept = new Map<string, readonly Sense[]>();
  for (const [word, all] of senses) {
    const heard = all.some(({ domain }) => silent.has(domain)) ? all.filter(({ domain }) => !silent.has(domain)) : all;
    if (heard.length > 0) kept.set(word, heard);
  }
  return kept;
}
