import { createHash } from 'node:crypto';
import { type Json, member } from './api-document.ts';
import type { Decision } from './decision.ts';
import { slug } from './project-name.ts';
import { type Request, stripInvisible } from './request.ts';
import type { Schema } from './schema.ts';

const REQUEST = /^openapi:/;
/** Enough to tell documents apart. */
const HASH_LENGTH = 16;

/** The request that stands for a document: the same document is the same request, whatever its file is called. */
export function contractRequest(document: Json): Request {
  const hash = createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, HASH_LENGTH);
  return { text: `openapi:${contractName(document)} ${hash}` };
}

/** Whether a request stands for a document. */
export function isContractRequest({ text }: Request): boolean {
  return REQUEST.test(text);
}

/** A name for the project: the title of the document. */
export function contractName(document: Json): string {
  const title = member(document.info, 'title');
  const said = typeof title === 'string' ? slug(stripInvisible(title)) : '';
  return said.slice(0, 40).replace(/-+$/, '') || 'api';
}

/** Whether a contract needs a database is known from what it keeps. */
export function contractDecision({ tables }: Pick<Schema, 'tables'>): Decision {
  const needsDatabase = tables.length > 0;
  return {
    needsDatabase,
    reason: needsDatabase
      ? `The document describes what is kept: ${tables.map(({ name }) => name).join(', ')}.`
      : 'Nothing in the document is kept: it describes no collection.',
    confidence: 1,
    signals: [],
    decidedBy: 'contract',
    costUsd: 0,
  };
}
