import type { Question } from './question.ts';

/** What of a request a service may not know. */
type Part = 'json_schema' | 'max_completion_tokens' | 'stream_options' | 'strict' | 'additionalProperties';

/** What a service is asked without, since it refused a request for it; kept as long as the process asks it. */
export interface Concessions {
  readonly without: ReadonlySet<Part>;
  /** Tokens it writes at most; null: it has not said so. */
  readonly mostOutputTokens: number | null;
}

/** What is in a request, and how a refusal speaks of it. */
const PARTS: readonly (readonly [Part, RegExp, (question: Question) => boolean])[] = [
  ['json_schema', /response_format|json_schema|text\.format|structured output/i, asksSchema],
  ['max_completion_tokens', /max_completion_tokens/i, () => true],
  ['stream_options', /stream_options|include_usage/i, () => true],
  ['additionalProperties', /additionalProperties/i, hasTools],
  ['strict', /\bstrict\b/i, hasTools],
];

const MOST_OUTPUT = /at most (\d{3,7}) (?:completion|output) tokens/i;

/**
 * What a service is not asked for from the beginning. Ollama passes over `max_completion_tokens`, so an answer would have
 * no end (https://docs.ollama.com/api/openai-compatibility, fields of a request).
 */
export function firstConcessions(provider: string): Concessions {
  return { without: new Set(provider === 'ollama' ? ['max_completion_tokens'] : []), mostOutputTokens: null };
}

/** One thing less, when the refusal of a request names something of it that can be left out; null: nothing of that kind. */
export function concede(
  refusal: { readonly status: number; readonly text: string },
  question: Question,
  made: Concessions,
): Concessions | null {
  if (refusal.status !== 400 && refusal.status !== 422) return null;
  const most = Number(MOST_OUTPUT.exec(refusal.text)?.[1] ?? Number.NaN);
  if (most < Math.min(question.maxOutputTokens, made.mostOutputTokens ?? Number.POSITIVE_INFINITY)) {
    return { ...made, mostOutputTokens: most };
  }
  const found = PARTS.find(
    ([part, words, isAsked]) => !made.without.has(part) && isAsked(question) && words.test(refusal.text),
  );
  return found ? { ...made, without: new Set([...made.without, found[0]]) } : null;
}

function asksSchema({ answerSchema }: Question): boolean {
  return answerSchema !== null;
}

function hasTools({ tools = [] }: Question): boolean {
  return tools.length > 0;
}
