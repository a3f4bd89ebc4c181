import { z } from 'zod';
import type { Said } from './said.ts';

const count = z.number().nonnegative().nullish();
const part = z.looseObject({ type: z.string(), text: z.string().nullish(), refusal: z.string().nullish() });

const answer = z.looseObject({
  status: z.string().nullish(),
  output: z.array(
    z.looseObject({
      type: z.string(),
      content: z.array(part).nullish(),
      call_id: z.string().nullish(),
      name: z.string().nullish(),
      arguments: z.string().nullish(),
    }),
  ),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  usage: z
    .looseObject({
      input_tokens: count,
      output_tokens: count,
      input_tokens_details: z.looseObject({ cached_tokens: count }).nullish(),
      output_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
    })
    .nullish(),
});

type Answer = z.infer<typeof answer>;

/** Events that carry the whole answer as it is in the end. */
const lastEvent = z.looseObject({
  type: z.enum(['response.completed', 'response.incomplete', 'response.failed']),
  response: answer,
});

function readAnswer(value: unknown): Answer | null {
  return lastEvent.safeParse(value).data?.response ?? answer.safeParse(value).data ?? null;
}

/** Reads an answer of the Responses API: the last event of a stream holds all of it. */
export function readResponses(values: readonly unknown[]): Said {
  const whole = values.map(readAnswer).findLast((read) => read !== null) ?? null;
  const parts = whole?.output.flatMap(({ content }) => content ?? []) ?? [];
  const usage = whole?.usage;
  return {
    text: parts.map(({ type, text }) => (type === 'output_text' ? (text ?? '') : '')).join(''),
    refusal: parts.map(({ refusal }) => refusal ?? '').join(''),
    calls: (whole?.output ?? []).flatMap(({ type, call_id: id, name, arguments: text }, at) =>
      type === 'function_call' ? [{ id: id ?? `call_${at}`, name: name ?? '', arguments: text ?? '' }] : [],
    ),
    end: whole ? endOf(whole) : null,
    why: whole?.incomplete_details?.reason ?? whole?.status ?? '',
    isAnswer: whole !== null || values.some((value) => /^response\./.test(typeOf(value))),
    tokens: {
      input: usage?.input_tokens ?? null,
      output: usage?.output_tokens ?? null,
      cached: usage?.input_tokens_details?.cached_tokens ?? null,
      reasoning: usage?.output_tokens_details?.reasoning_tokens ?? null,
    },
    error: whole?.error ? { code: whole.error.code ?? '', message: whole.error.message ?? '' } : null,
  };
}

function endOf({ status, incomplete_details: details }: Answer): Said['end'] {
  if (status !== 'incomplete') return 'stop';
  return details?.reason === 'content_filter' ? 'filter' : 'length';
}

function typeOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'type' in value ? String(value.type) : '';
}
