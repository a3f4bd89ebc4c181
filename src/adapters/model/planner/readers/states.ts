import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { textBetween } from '../phrase.ts';
import { subjectBefore } from './having.ts';

/** "a bill is open or paid", "an alert can be new, seen or resolved": the values of a state. */
export function readStates(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at) => {
    const isHelped = token.word === 'be' && /^(can|may|must|could|should)$/.test(tokens[at - 1]?.word ?? '');
    if (token.word !== 'is' && token.word !== 'are' && !isHelped) return [];
    const first = tokens[at + 1]?.word === 'either' ? at + 2 : at + 1;
    const list = statesFrom(context, first);
    const subject = list && subjectBefore(context, isHelped ? at - 1 : at);
    if (!list || subject === null || subject === 'everything') return [];
    // "status can be open or paid" is about a property, which others read.
    if (!senseOf(subject, context) && context.lexicon.attributes.guess(subject).kind === 'enum') return [];
    const why = textBetween(context, Math.max(0, at - 2), list.to);
    return [{ kind: 'column', entity: subject, column: { name: 'status', values: list.values }, why } as const];
  });
}

const MAX_STATES = 12;

/** Words or pairs of them with commas in between, and "or" before the last. */
function statesFrom({ tokens, lexicon }: Context, first: number): { values: readonly string[]; to: number } | null {
  const { english, nouns } = lexicon;
  const values: string[] = [];
  let at = first;
  for (let isLast = false; values.length < MAX_STATES; ) {
    let value = '';
    while (tokens[at]?.kind === 'word' && tokens[at]?.word !== 'or' && tokens[at]?.word !== 'and') {
      const word = tokens[at]?.word ?? '';
      const isEnd =
        value !== '' &&
        (english.prepositions.has(word) || english.auxiliaries.has(word) || english.determiners.has(word));
      if (isEnd) break;
      value += value === '' ? word : `_${word}`;
      at += 1;
      if (isLast && value.split('_').length > 1) break;
    }
    const words = value.split('_');
    const isWord =
      value !== '' && words.length <= 3 && !english.determiners.has(words[0] ?? '') && !english.pronouns.has(value);
    if (!isWord || nouns.get(value)?.some(({ entity }) => entity.person)) return null;
    values.push(value);
    if (isLast) return { values, to: at };
    if (tokens[at]?.word === ',') at += 1;
    else if (tokens[at]?.word !== 'or' && tokens[at]?.word !== '/') return null;
    isLast = tokens[at]?.word === 'or';
    if (isLast || tokens[at]?.word === '/') at += 1;
  }
  return null;
}
