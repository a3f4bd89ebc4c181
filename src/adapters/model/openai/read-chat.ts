import { z } from 'zod';
import { NO_TOKENS, type TokenCounts } from '../../../domain/model-cost.ts';
import type { Said } from './said.ts';

const count = z.number().nonnegative().nullish();
const toolCall = z.looseObject({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});
const message = z
  .looseObject({
    content: z.string().nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCall).nullish(),
  })
  .nullish();

/** A chunk of a stream, or a whole answer: the same but for the name of what was said. */
const chunk = z.looseObject({
  choices: z.array(z.looseObject({ delta: message, message, finish_reason: z.string().nullish() })).nullish(),
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish(),
      completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
    })
    .nullish(),
  error: z.looseObject({ message: z.string().nullish(), code: z.union([z.string(), z.number()]).nullish() }).nullish(),
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
  const error = chunks.find((candidate) => candidate.error)?.error;
  const end = choices.findLast(({ finish_reason: reason }) => reason)?.finish_reason;
  return {
    text: said.map((part) => part?.content ?? '').join(''),
    refusal: said.map((part) => part?.refusal ?? '').join(''),
    calls: callsOf(said.flatMap((part) => part?.tool_calls?.map((call, place) => ({ place, ...call })) ?? [])),
    end: endOf(end, chunks),
    isAnswer: chunks.some((each) => Array.isArray(each.choices)),
    tokens: tokensOf(chunks.findLast(({ usage }) => usage)?.usage),
    error: error ? { code: String(error.code ?? ''), message: error.message ?? '' } : null,
  };
}

/** Calls come in pieces; those of one call have its index, or, in whole answers, its place. */
function callsOf(pieces: readonly (z.infer<typeof toolCall> & { readonly place: number })[]): Said['calls'] {
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  for (const { index, place, id, function: part } of pieces) {
    const at = index ?? place;
    const call = calls.get(at) ?? { id: '', name: '', arguments: '' };
    call.id ||= id ?? '';
    call.name ||= part?.name ?? '';
    call.arguments += part?.arguments ?? '';
    calls.set(at, call);
  }
  return [...calls.values()].map((call, at) => ({ ...call, id: call.id || `call_${at}` }));
}

function endOf(reason: string | null | undefined, chunks: readonly Chunk[]): Said['end'] {
  if (reason === 'length') return 'length';
  if (reason === 'content_filter') return 'filter';
  if (reason) return 'stop';
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
