import type { Json } from '../domain/api-document.ts';
import type { HttpAnswer } from './http.ts';

/**
 * What is wrong with an answer, a sentence each: an undocumented status, a missing or bad header, a body that is not
 * as described. Empty when the answer keeps what the document promises. `path` is what was asked for, with its query;
 * paths and methods the document does not have must be answered 404 and 405.
 */
export type CheckAnswer = (method: string, path: string, answer: HttpAnswer) => readonly string[];

/** Holds answers against the description of an API. */
export interface Contract {
  /**
   * `document` is OpenAPI 3.1 as parsed JSON. With `isGiven` it is somebody's own, of 3.0 too: failures it does not
   * describe and addresses it does not have may be answered as one likes. Throws `verify.failed` when it is neither.
   */
  open(document: unknown, options?: { readonly isGiven?: boolean }): Promise<CheckAnswer>;
}

/** Descriptions of APIs that somebody brings. */
export interface ApiDocuments {
  /**
   * The OpenAPI 3.0 or 3.1 document in a file, JSON or YAML, held against the schema of its version; every reference
   * in it leads to a place in it. Throws `contract.unreadable`, `contract.invalid` or `contract.unsupported`, which tell
   * the place in the document.
   */
  read(file: string): Promise<Json>;
}
