import type { Decision } from '../domain/decision.ts';
import type { Design, DesignBase } from '../domain/explanation.ts';
import type { Request } from '../domain/request.ts';

/** On whose behalf a model is asked: its calls are recorded there. */
export interface Caller {
  readonly projectId: string;
}

/** Whoever understands requests: the built-in planner, or a language model. What it answers is already parsed. */
export interface Model {
  readonly name: string;
  /** Does the request need a database? */
  detect(request: Request, caller?: Caller): Promise<Decision>;
  /**
   * A valid schema for the request (all rules of the domain hold), and where each part of it comes from. With a base the
   * request says what comes to it and what is left away; everything else of the base stays as it is.
   */
  design(request: Request, base?: DesignBase, caller?: Caller): Promise<Design>;
}
