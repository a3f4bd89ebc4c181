import type { Context } from './context.ts';
import { readContext } from './context.ts';
import type { Fact } from './facts.ts';
import type { Lexicon } from './lexicon.ts';
import { inPlainNotation } from './plain-rules.ts';
import { readAccess } from './readers/access.ts';
import { readAuthorship, withoutMakers } from './readers/authorship.ts';
import { readCounted, withoutCounted } from './readers/counted.ts';
import { readDashes } from './readers/dashes.ts';
import { readDeeds, readDone, readPlacing, readWhich } from './readers/deeds.ts';
import { readDefinitions } from './readers/definitions.ts';
import { readHaving } from './readers/having.ts';
import { readKeeping, readPossessions, readTitles } from './readers/keeping.ts';
import { readLines } from './readers/lines.ts';
import { readLone, readMentions } from './readers/mentions.ts';
import { readOnce } from './readers/once.ts';
import { readPasted } from './readers/pasted.ts';
import { readPaths } from './readers/paths.ts';
import { readAccounts, readHappenings, readStories } from './readers/people.ts';
import {
  readBelonging,
  readLimits,
  readManyToMany,
  readNegations,
  readSharedAside,
  readUniques,
} from './readers/rules.ts';
import { readSamples } from './readers/samples.ts';
import { readStates } from './readers/states.ts';
import { readDoers, readSelf, readTies } from './readers/ties.ts';
import { readValued } from './readers/valued.ts';
import { forBusinesses } from './wares.ts';

/** Readers of running text. Their order is that of trust where two say different things about a column. */
const READERS: readonly ((context: Context) => readonly Fact[])[] = [
  readLines,
  readPaths,
  readDashes,
  readCounted,
  readHaving,
  readBelonging,
  readKeeping,
  readPossessions,
  readStories,
  readTitles,
  readMentions,
  readLone,
  readHappenings,
  readManyToMany,
  readSharedAside,
  readTies,
  readDoers,
  readDeeds,
  readPlacing,
  readDone,
  readWhich,
  readSelf,
  readLimits,
  readOnce,
  readStates,
  readValued,
  readUniques,
  readNegations,
  readAccounts,
  readAccess,
  readAuthorship,
];

/** Everything a request says. Definitions and samples are read first and blanked out, so that nothing reads them twice. */
export function readFacts(
  text: string,
  lexicon: Lexicon,
  nouns: readonly string[] = [],
): { facts: readonly Fact[]; context: Context } {
  const pasted = readPasted(text, lexicon);
  const fences = [...text.matchAll(FENCE)].map(({ index, 0: mark }) => ({ start: index, end: index + mark.length }));
  const rest = blank(text, [...pasted.spans, ...fences]);
  const samples = readSamples(rest);
  const colours = [...text.matchAll(TERMINAL_CODE)].map(({ index, 0: code }) => ({
    start: index,
    end: index + code.length,
  }));
  const { text: prose, unheld } = inPlainNotation(blank(rest, [...samples.spans, ...colours]), lexicon);
  const definitions = readDefinitions(prose, lexicon, pasted.enums);
  const structured = [...pasted.facts, ...samples.facts, ...definitions.facts];
  const known = structured.flatMap((fact) => (fact.kind === 'entity' ? [fact.name] : []));
  const context = {
    ...readContext(blank(prose, definitions.spans), lexicon, [...nouns, ...known]),
    source: text,
    unheld,
  };
  const facts = withoutCounted([...structured, ...READERS.flatMap((read) => read(context))]);
  return { facts: forBusinesses(withoutMakers(facts, context), context), context };
}

/** The marks around pasted code, with the name of its language. */
const FENCE = /^[ \t]*(?:```|~~~)[\w-]*[ \t]*$/gm;

/** What is left of a terminal's colours once the invisible escape in front is gone: `[31m`. */
const TERMINAL_CODE = /\[\d{1,3}(?:;\d{1,3})*[A-Za-z]|\[[mKJH](?![\p{L}\d\]])/gu;

/** Spaces instead of what was read, so that offsets stay true. */
function blank(text: string, spans: readonly { readonly start: number; readonly end: number }[]): string {
  let result = text;
  for (const { start, end } of spans) {
    result = result.slice(0, start) + ' '.repeat(Math.max(0, Math.min(end, text.length) - start)) + result.slice(end);
  }
  return result;
}
