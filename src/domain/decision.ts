import { z } from 'zod';

/** Does the request need a database? Made by the planner or a model; never by silence. */
export const decisionShape = z.strictObject({
  needsDatabase: z.boolean(),
  /** One sentence for people. */
  reason: z.string(),
  /** 0 (a guess) … 1 (the request says so). */
  confidence: z.number().min(0).max(1),
  /** The words of the request or the rules that spoke for the decision. */
  signals: z.array(z.string()),
  /** Who decided: `planner`, `user`, or a model's name. */
  decidedBy: z.string(),
  /** US dollars; 0 for the built-in planner, null when a model's price is not known. */
  costUsd: z.number().nonnegative().nullable(),
});

export type Decision = Readonly<z.infer<typeof decisionShape>>;
