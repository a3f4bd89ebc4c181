import type { HttpAnswer } from './http.ts';

/**
 * What is wrong with an answer, a sentence each: an undocumented status, a missing or bad header, a body that is not
 * as described. Empty when the answer keeps what the document promises. `path` is what was asked for, with its query;
 * paths and methods the document does not have must be answered 404 and 405.
 */
export type CheckAnswer = (method: string, path: string, answer: HttpAnswer) => readonly string[];

/** Holds answers against the description of an API. */
export interface Contract {
  /** `document` is OpenAPI 3.1 as parsed JSON. Throws `verify.failed` when it is not. */
  open(document: unknown): Promise<CheckAnswer>;
}
