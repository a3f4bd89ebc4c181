import { z } from 'zod';
import { NO_TOKENS, type TokenCounts } from '../../../domain/model-cost.ts';
import { callPiece, callsOf } from './chat-calls.ts';
import type { Said } from './said.ts';

const count = z.number().nonnegative().nullish();
/** Some services say a text in parts, of which those that think aloud are none of the answer. */
const part = z.looseObject({ type: z.string().nullish(), text: z.string().nullish() });
const message = z
  .looseObject({
    content: z.union([z.string(), z.array(part)]).nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(callPiece).nullish(),
    /** OpenRouter's: what is encrypted has to be sent back with the calls. */
    reasoning_details: z
      .array(z.looseObject({ type: z.string() }))
      .nullish()
      .catch(null),
  })
  .nullish();
const fault = z
  .union([
    z.string().transform((text) => ({ message: text, code: null })),
    z.looseObject({ message: z.string().nullish(), code: z.union([z.string(), z.number()]).nullish() }),
  ])
  .nullish();

/** A chunk of a stream, or a whole answer: the same but for the name of what was said. */
const chunk = z.looseObject({
  choices: z
    .array(z.looseObject({ delta: message, message, finish_reason: z.string().nullish(), error: fault }))
    .nullish(),
  // Counts that cannot be read are not known; the answer is one nevertheless.
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish(),
      completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
    })
    .nullish()
    .catch(null),
  error: fault,
});

type Chunk = z.infer<typeof chunk>;

function readChunk(value: unknown): readonly Chunk[] {
  const read = chunk.safeParse(value);
  return read.success ? [read.data] : [];
}

/** Reads an answer of Chat Completions. */
export function readChat(values: readonly unknown[]): Said {
  const chunks = values.flatMap(readChunk);
  const choices = chunks.flatMap((each) => each.choices?.slice(0, 1) ?? []);
  const said = choices.map((choice) => choice.message ?? choice.delta);
  const error = [...chunks, ...choices].find((candidate) => candidate.error)?.error;
  const end = choices.findLast(({ finish_reason: reason }) => reason)?.finish_reason;
  return {
    text: said.map(textOf).join(''),
    refusal: said.map((each) => each?.refusal ?? '').join(''),
    calls: withReasoning(
      callsOf(said.flatMap((each) => each?.tool_calls?.map((call, place) => ({ place, ...call })) ?? [])),
      said.flatMap((each) => each?.reasoning_details?.filter(({ type }) => type === 'reasoning.encrypted') ?? []),
    ),
    end: endOf(end, chunks),
    why: end ?? '',
    isAnswer: chunks.some((each) => Array.isArray(each.choices)),
    tokens: tokensOf(chunks.findLast(({ usage }) => usage)?.usage),
    error: error ? { code: String(error.code ?? ''), message: error.message ?? '' } : null,
  };
}

function textOf(said: z.infer<typeof message>): string {
  const content = said?.content ?? '';
  if (typeof content === 'string') return content;
  return content.map(({ type, text }) => (type === 'text' || type === 'output_text' ? (text ?? '') : '')).join('');
}

/** What belongs to a whole answer travels with its first call. */
function withReasoning(calls: Said['calls'], reasoning: readonly unknown[]): Said['calls'] {
  if (reasoning.length === 0) return calls;
  return calls.map((call, at) =>
    at === 0 ? { ...call, extra: { ...call.extra, reasoning_details: reasoning } } : call,
  );
}

/** How services say why an answer ended, beside `stop` and `tool_calls`; Gemini's own names may shine through. */
const ENDS: readonly (readonly [RegExp, NonNullable<Said['end']>])[] = [
  [/^(length|model_length|max_(output_)?tokens)$/i, 'length'],
  [/^(content_?filter|safety|recitation|prohibited|blocklist|spii)/i, 'filter'],
  [/^(function_call_filter|malformed|unexpected_tool|error)/i, 'broken'],
];

function endOf(reason: string | null | undefined, chunks: readonly Chunk[]): Said['end'] {
  if (reason) return ENDS.find(([words]) => words.test(reason))?.[1] ?? 'stop';
  // An empty list of choices is an answer, too: one that says nothing.
  return chunks.length === 1 && chunks[0]?.choices?.length === 0 ? 'stop' : null;
}

function tokensOf(usage: Chunk['usage']): TokenCounts {
  if (!usage) return NO_TOKENS;
  return {
    input: usage.prompt_tokens ?? null,
    output: usage.completion_tokens ?? null,
    cached: usage.prompt_tokens_details?.cached_tokens ?? null,
    reasoning: usage.completion_tokens_details?.reasoning_tokens ?? null,
  };
}
