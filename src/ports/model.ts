import type { Decision } from '../domain/decision.ts';
import type { Request } from '../domain/request.ts';
import type { Schema } from '../domain/schema.ts';

/** Whoever understands requests: the built-in planner, or a language model. What it answers is already parsed. */
export interface Model {
  readonly name: string;
  /** Does the request need a database? */
  detect(request: Request): Promise<Decision>;
  /** A valid schema for the request (all rules of the domain hold). */
  design(request: Request): Promise<Schema>;
}
