import type { Context, Mention } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { readList } from '../list.ts';
import { entityIn, isStop, readPhrase, textBetween } from '../phrase.ts';
import { subjectBefore } from './having.ts';

/** "a comment belongs to a post", "lines belonging to an invoice". */
export function readBelonging(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at) => {
    const verb = /^belong(s|ing)?$/.test(token.word) && tokens[at + 1]?.word === 'to';
    if (!verb) return [];
    const child = subjectBefore(context, at);
    const { items, to } = readList(context, at + 2);
    if (child === null || child === 'everything') return [];
    const why = textBetween(context, Math.max(0, at - 2), to);
    const several = /^(many|several|multiple)$/.test(tokens[at + 2]?.word ?? '');
    const own: Fact = { kind: 'entity', name: child, strength: STRENGTH.wanted, why };
    return items.flatMap((item): readonly Fact[] => {
      const parent = entityIn(item.name, context) ?? item.name;
      const named: Fact = { kind: 'entity', name: parent, strength: STRENGTH.wanted, why };
      if (several) return [own, named, { kind: 'many-to-many', left: child, right: parent, why }];
      return [own, named, { kind: 'link', child, parent, nullable: item.optional || undefined, why }];
    });
  });
}

/** "an artifact can be in many exhibitions": either may have several of the other. */
export function readManyToMany(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at) => {
    if (!/^(in|on|at|to|of|with|by)$/.test(token.word)) return [];
    if (!/^(many|several|multiple|different|various)$/.test(tokens[at + 1]?.word ?? '')) return [];
    if (
      !/^(be|is|are|part|member|members|assigned|linked|tagged|shared|appears?|occurs?|works?|serves?|plays?|sings?|teach(es)?|takes?|participates?|acts?|stud(y|ies)|trains?|competes?|stars?|speaks?|specialises?|specializes?|performs?|volunteers?|enrolls?|enrols?)$/.test(
        tokens[at - 1]?.word ?? '',
      )
    )
      return [];
    const isPlain =
      /^(work|serve|play|sing|teach|take|participate|act|stud|train|compete|star|speak|speciali|perform|volunteer|enrol)/.test(
        tokens[at - 1]?.word ?? '',
      );
    let verb = at - 1;
    while (!isPlain && verb > 0 && !context.lexicon.english.auxiliaries.has(tokens[verb]?.word ?? '')) verb -= 1;
    const left = subjectBefore(context, verb);
    const right = readPhrase(context, at + 2);
    if (left === null || left === 'everything' || !right) return [];
    return [{ kind: 'many-to-many', left, right: right.name, why: textBetween(context, verb, right.to) } as const];
  });
}

/** "qualifications (a firefighter can have **several**)": said in brackets, of what stands in front of them. */
export function readSharedAside(context: Context): readonly Fact[] {
  const { tokens, mentions } = context;
  return tokens.flatMap((token, at) => {
    const [first, second, third] = [1, 2, 3].map((behind) => tokens[at + behind]?.word ?? '');
    if (!/^(can|may|could)$/.test(token.word) || first !== 'have') return [];
    if (!/^(several|many|multiple)$/.test(second ?? '') && !(second === 'more' && third === 'than')) return [];
    const one = mentions.find(({ to }) => to === at);
    const start = one ? one.from - 2 : -1;
    const many = tokens[start]?.word === '(' ? mentions.find(({ to }) => to === start) : undefined;
    if (!one || !many?.plural || many.name === one.name) return [];
    return [
      { kind: 'many-to-many', left: one.name, right: many.name, why: textBetween(context, many.from, at + 3) } as const,
    ];
  });
}

const ONE = new Set(['one', 'single', '1']);

/** "at most one review per user and product", "exactly one badge per visitor", "one vote per member". */
export function readLimits(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at) => {
    if (!ONE.has(token.word)) return [];
    const next = tokens[at + 1]?.word ?? '';
    // "prices per day (only one for each fund and day)": of what stands in front of the bracket.
    const isBare =
      ['per', 'for'].includes(next) && ['only', 'most', 'exactly', 'just'].includes(tokens[at - 1]?.word ?? '');
    const phrase = isBare ? spokenOf(context, at) : readPhrase(context, at + 1);
    const per = isBare ? at + 1 : (phrase?.to ?? 0);
    const isEach = tokens[per]?.word === 'for' && ['each', 'every', 'any'].includes(tokens[per + 1]?.word ?? '');
    if (!phrase || !(tokens[per]?.word === 'per' || isEach)) return [];
    const { items, to } = readList(context, per + 1);
    const behind = items.flatMap((item) => nounsIn(item.tail, context));
    const parts = [...new Set([...perBefore(context, at), ...items.map((item) => item.name), ...behind])];
    const entity = entityIn(phrase.name, context) ?? phrase.name;
    return parts.length > 0 ? [{ kind: 'unique', entity, parts, why: textBetween(context, at, to) } as const] : [];
  });
}

/** The last plural in front. */
function spokenOf({ mentions }: Context, at: number): Pick<Mention, 'name' | 'to'> | null {
  return mentions.filter(({ to, plural }) => to <= at && plural).at(-1) ?? null;
}

function nounsIn(words: readonly string[], context: Context): readonly string[] {
  return words.filter((word) => senseOf(word, context) !== null);
}

/** "**per season** exactly one badge per visitor". */
function perBefore(context: Context, at: number): readonly string[] {
  for (let back = at - 1; back >= Math.max(0, at - 6) && !isStop(context.tokens[back]); back -= 1) {
    const word = context.tokens[back]?.word;
    if (word !== 'per' && word !== 'each') continue;
    const phrase = readPhrase(context, back + 1);
    return phrase ? [entityIn(phrase.name, context) ?? phrase.name] : [];
  }
  return [];
}

/** "codes don't repeat", "the email must be unique", "serial number (never twice the same)". */
export function readUniques(context: Context): readonly Fact[] {
  const { tokens } = context;
  const facts: Fact[] = [...readUniqueWithin(context)];
  tokens.forEach((_token, at) => {
    const ahead = tokens
      .slice(at, at + 5)
      .map(({ word }) => word)
      .join(' ');
    const match =
      /^((is|are|must be|should be|has to be|have to be) (always )?unique|(dont|do not|never|cant|cannot|must not|may not) repeat|(dont|never|cannot|must not) (occur|exist|appear) twice)/.exec(
        ahead,
      );
    if (!match) return;
    const before = context.mentions.filter(({ to }) => to <= at).at(-1);
    const phrase = readPhrase(context, Math.max(0, at - 1)) ?? readPhrase(context, Math.max(0, at - 2));
    const attribute = phrase ? context.lexicon.attributes.known(phrase.name) : null;
    if (attribute && before)
      facts.push({ kind: 'column', entity: before.name, column: { name: attribute, unique: true }, why: ahead });
  });
  return facts;
}

/** "bidders with a paddle number **unique per sale**": only among the rows of one sale. */
function readUniqueWithin(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  return tokens.flatMap((token, at) => {
    if (token.word !== 'unique' || !/^(per|within|inside|in|for|among)$/.test(tokens[at + 1]?.word ?? '')) return [];
    const start = /^(each|every|the|a|an|one|its|their)$/.test(tokens[at + 2]?.word ?? '') ? at + 3 : at + 2;
    const within = readPhrase(context, start);
    const isCopula = /^(is|are|be)$/.test(tokens[at - 1]?.word ?? '');
    const end = isCopula ? at - 1 : at;
    const what = [4, 3, 2, 1].map((back) => readPhrase(context, end - back)).find((phrase) => phrase?.to === end);
    const verb = [1, 2, 3, 4, 5, 6]
      .map((back) => (what?.from ?? 0) - back)
      .find((i) => lexicon.english.having.has(tokens[i]?.word ?? ''));
    const subject = verb === undefined ? null : subjectBefore(context, verb);
    if (!within || !what || subject === null || subject === 'everything') return [];
    const name = lexicon.attributes.known(what.name) ?? what.name;
    const why = textBetween(context, what.from, within.to);
    return [
      { kind: 'column', entity: subject, column: { name }, why } as const,
      { kind: 'link', child: subject, parent: within.name, why } as const,
      { kind: 'unique', entity: subject, parts: [name, within.name], why } as const,
    ];
  });
}

/** "may", "can be", "should ever" behind what must not happen. */
function isRuled({ tokens }: Context, at: number): boolean {
  return /^(may|can|must|should|is|are|gets|has|have|overlap|repeats)$/.test(tokens[at]?.word ?? '');
}

const NO = new Set(['no', 'without', 'skip', 'omit', 'exclude', 'excluding', 'minus']);
const NOT_NEEDED =
  /^(dont|doesnt|do not|does not|not|wont|no) (need|needed|want|include|require|have|use|necessary)( any| for| of| to have)*/;

/** "without comments", "no login", "we don't need tags": what must not be there. */
export function readNegations(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'word') return [];
    const ahead = tokens.slice(at, at + 4).map(({ word }) => word);
    const notNeeded = NOT_NEEDED.exec(ahead.join(' '));
    if (!NO.has(token.word) && !notNeeded) return [];
    const start = at + (notNeeded ? notNeeded[0].split(' ').length : 1);
    const { items, to } = readList(context, start);
    // "no room may be used twice", "no two bookings overlap": a rule about what is there.
    if (['two', '2'].includes(tokens[start]?.word ?? '') || isRuled(context, items[0]?.to ?? to)) return [];
    const why = textBetween(context, at, to);
    return items
      .filter(
        (item) =>
          item.from === start || lexicon.english.determiners.has(tokens[start]?.word ?? '') || item !== items[0],
      )
      .filter((item) => item.tail.length === 0 || !/^(twice|than|longer|more)$/.test(item.tail[0] ?? ''))
      .flatMap((item): readonly Fact[] => {
        const words = item.name.split('_');
        const isAccount =
          /^(account|user_(account|management))$/.test(item.name) ||
          lexicon.english.accounts.has(item.name) ||
          words.some((word) => lexicon.english.accounts.has(word));
        return isAccount
          ? [
              { kind: 'accounts', wanted: false, why },
              { kind: 'without', name: item.name, why },
            ]
          : [{ kind: 'without', name: item.name, why }];
      });
  });
}
