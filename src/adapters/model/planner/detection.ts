import type { Decision } from '../../../domain/decision.ts';
import type { Context } from './context.ts';
import { senseOf } from './context.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import type { Signal } from './lexicon.ts';

interface Heard {
  readonly says: string;
  readonly weight: number;
}

/** What one kept noun of the lexicon counts, and the most that all of them together may. */
const NOUN_WEIGHT = 0.5;
const NOUN_LIMIT = 2;
const DOMAIN_WEIGHT = 2;
/** Tables written out with their fields are a wish for storage, whatever else is said. */
const DEFINITION_WEIGHT = 4;

/** Decides by weighing signals for keeping something against signals for computing and forgetting. */
export function decide(facts: readonly Fact[], context: Context): Decision {
  const typed = context.text.toLowerCase().replaceAll('’', "'");
  const understood = context.tokens.map(({ word }) => word.replaceAll('_', ' ')).join(' ');
  const texts = [typed, understood];
  const stores = [...hear(context.lexicon.stores, texts), ...heardNouns(facts, context), ...heardDefinitions(facts)];
  const stateless = hear(context.lexicon.stateless, texts);
  const sum = (heard: readonly Heard[]) => heard.reduce((total, { weight }) => total + weight, 0);
  const [yes, no] = [sum(stores), sum(stateless)];
  const needsDatabase = yes >= no;
  const winners = [...(needsDatabase ? stores : stateless)].sort((a, b) => b.weight - a.weight);
  const losers = needsDatabase ? stateless : stores;
  return {
    needsDatabase,
    reason: explain(needsDatabase, winners, facts.length > 0 || context.mentions.length > 0),
    confidence: confidence(yes, no),
    signals: [...winners, ...losers].map(({ says }) => says),
    decidedBy: 'planner',
    costUsd: 0,
  };
}

/** Signals in the request as it was typed, or as it was understood: in English, without typing errors. */
function hear(signals: readonly Signal[], texts: readonly string[]): readonly Heard[] {
  const heard = new Map<string, number>();
  for (const { pattern, weight, says } of signals) {
    if (texts.some((text) => pattern.test(text))) heard.set(says, Math.max(heard.get(says) ?? 0, weight));
  }
  return [...heard].map(([says, weight]) => ({ says, weight }));
}

/** Domains that live from stored data, and nouns that name what would be stored. */
function heardNouns(facts: readonly Fact[], context: Context): readonly Heard[] {
  const named = context.domains.filter((domain) => domain.named).slice(0, 1);
  const nouns = new Set<string>();
  for (const { name, plural } of context.mentions) {
    const sense = senseOf(name, context);
    const { filler, software } = context.lexicon.english;
    // "a service that …" names the program that is asked for; "services" are things to be kept.
    const namesTheProgram = filler.has(name) || (!plural && software.has(name));
    if (sense?.names && (plural || !sense.entity.weak) && !namesTheProgram) nouns.add(name);
  }
  for (const fact of facts) if (fact.kind === 'entity' && fact.strength >= STRENGTH.listed) nouns.add(fact.name);
  const weight = Math.min(NOUN_LIMIT, nouns.size * NOUN_WEIGHT);
  const list = [...nouns].slice(0, 4).map((name) => name.replaceAll('_', ' '));
  return [
    ...named.map(({ domain }) => ({ says: `is about ${domain.name.replaceAll('-', ' ')}`, weight: DOMAIN_WEIGHT })),
    ...(weight > 0 ? [{ says: `speaks of ${list.join(', ')}`, weight }] : []),
  ];
}

/** `Book(title, isbn)`, `CREATE TABLE …`: not `add(a, b)`, which may as well be a call. */
function heardDefinitions(facts: readonly Fact[]): readonly Heard[] {
  const written = facts.filter(
    (fact) =>
      fact.kind === 'entity' &&
      fact.strength >= STRENGTH.defined &&
      /^(\p{Lu}|create\b|table\b|model\b|entity\b)/u.test(fact.why) &&
      facts.some((other) => other.kind === 'closed' && other.entity === fact.name),
  );
  return written.length > 0 ? [{ says: 'writes out tables with their fields', weight: DEFINITION_WEIGHT }] : [];
}

function explain(needsDatabase: boolean, heard: readonly Heard[], understood: boolean): string {
  const because = heard.slice(0, 3).map(({ says }) => says);
  if (because.length === 0 && !understood)
    return 'None of its words were understood, so its tables are a guess, too: say in English what is to be kept.';
  if (because.length === 0)
    return 'Nothing in the request says whether anything is kept; most backends keep something.';
  const list = because.length > 1 ? `${because.slice(0, -1).join(', ')} and ${because.at(-1)}` : because[0];
  return `${needsDatabase ? 'Data has to outlive the call' : 'Every answer comes from the call itself'}: the request ${list}.`;
}

/** 0.5 when nothing or both sides speak, towards 1 the clearer one side outweighs the other. */
function confidence(yes: number, no: number): number {
  const clear = Math.abs(yes - no) / (yes + no + 1.5);
  return Math.round((0.5 + 0.49 * clear) * 100) / 100;
}
