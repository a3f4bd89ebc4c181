import { z } from 'zod';
import type { Decision } from '../../../domain/decision.ts';
import { stripInvisible } from '../../../domain/request.ts';

/** What a model answers to the question for a database. Without bounds: not every service knows them. */
export const decisionAnswer = z.strictObject({
  needsDatabase: z.boolean(),
  reason: z.string().describe('One sentence for the person who asked.'),
  confidence: z.number().describe('0 (a guess) to 1 (the request says so).'),
  signals: z.array(z.string()).describe('The words of the request that decide it.'),
});

/** The same as services give it that do not hold a model to the schema: the least that decides. */
export const givenDecision = z.object({
  needsDatabase: z.boolean(),
  reason: z.string().min(1),
  confidence: z.number().default(0.7),
  signals: z.array(z.string()).default([]),
});

const short = (text: string, length: number) => stripInvisible(text).replace(/\s+/g, ' ').trim().slice(0, length);

/** The decision in an answer of the right shape: nothing invisible in it, nothing endless. */
export function toDecision(
  { needsDatabase, reason, confidence, signals }: z.infer<typeof givenDecision>,
  by: { readonly decidedBy: string; readonly costUsd: number | null },
): Decision {
  return {
    needsDatabase,
    reason: short(reason, 300),
    confidence: Math.min(1, Math.max(0, confidence)),
    signals: signals.slice(0, 12).map((signal) => short(signal, 80)),
    ...by,
  };
}
