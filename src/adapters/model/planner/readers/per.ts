import type { Context } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { readList } from '../list.ts';
import type { Phrase } from '../phrase.ts';
import { readPhrase, textBetween } from '../phrase.ts';

const PERIOD = /^(day|date|week|month|quarter|year|season|weekday)$/;
const RHYTHM = /^(daily|weekly|monthly|quarterly|yearly|annual)$/;

/**
 * "best time per player and level", "readings per plot and year", "monthly payout per courier": what is counted for two
 * things, or for one in a period, has a row for each pair of them.
 */
export function readPer(context: Context, at: number, isThing: (phrase: Phrase) => boolean): readonly Fact[] {
  const left = [3, 2, 1].map((back) => readPhrase(context, at - back)).find((phrase) => phrase?.to === at) ?? null;
  const rhythm = [1, 2]
    .map((back) => context.tokens[(left?.from ?? 0) - back]?.word ?? '')
    .find((word) => RHYTHM.test(word));
  const { items, to } = ownItems(context, at + 1);
  const things = items.filter((item) => !PERIOD.test(item.name) && isThing(item));
  const periods = items.filter((item) => PERIOD.test(item.name)).map(({ name }) => name);
  if (rhythm !== undefined) periods.push(PERIODS.get(rhythm) ?? 'date');
  const [first] = things;
  if (!left || !first || things.length + periods.length < 2 || things.length + periods.length > 3) return [];
  if (context.lexicon.english.filler.has(left.name) || things.some(({ name }) => name === left.name)) return [];
  // "rate per night and room": a price has no rows of its own.
  if (!left.plural && context.lexicon.attributes.guess(left.name).kind === 'money' && rhythm === undefined) return [];
  const why = textBetween(context, left.from, to);
  const parts = [...things.map(({ name }) => name), ...periods.map((period) => (period === 'day' ? 'date' : period))];
  return [
    { kind: 'entity', name: left.name, strength: STRENGTH.listed, why },
    ...things.flatMap(({ name }): readonly Fact[] => [
      { kind: 'entity', name, strength: STRENGTH.wanted, why },
      { kind: 'link', child: left.name, parent: name, soft: true, why },
    ]),
    ...periods.map((period): Fact => ({ kind: 'column', entity: left.name, column: periodColumn(period), why })),
    { kind: 'unique', entity: left.name, parts, why },
  ];
}

/** "per member, meetings": behind a comma the list around goes on. */
function ownItems(context: Context, start: number): { readonly items: readonly Phrase[]; readonly to: number } {
  const { items, to } = readList(context, start);
  const end = items.findIndex(({ from }, i) => {
    const front = context.tokens.slice(items[i - 1]?.to ?? from, from);
    return i > 0 && front.some(({ word }) => word === ',');
  });
  const kept = end === -1 ? items : items.slice(0, end);
  return { items: kept, to: end === -1 ? to : (kept.at(-1)?.to ?? to) };
}

const PERIODS: ReadonlyMap<string, string> = new Map([
  ['daily', 'date'],
  ['weekly', 'week'],
  ['monthly', 'month'],
  ['quarterly', 'quarter'],
  ['yearly', 'year'],
  ['annual', 'year'],
]);

function periodColumn(period: string): { readonly name: string; readonly nullable: false } {
  return { name: period === 'day' ? 'date' : period, nullable: false };
}
