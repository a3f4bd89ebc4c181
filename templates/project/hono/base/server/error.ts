import type { Context } from 'hono';
import { HTTPError } from './lib/http.ts';
import { describeError, log } from './lib/log.ts';
import { problem, problemResponse } from './lib/problem.ts';

/** Answers every error as a problem document, and logs those that are ours. */
export function answerError(error: unknown, { req, env }: Context): Response {
  const known = error instanceof HTTPError ? error : unexpected(error);
  if (known.status >= 500) {
    const requestId = env.outgoing?.getHeader('x-request-id');
    log('error', 'request failed', {
      requestId,
      method: req.method,
      ...describeError(rootOf(known)),
    });
  }
  return problemResponse(known);
}

export function answerNothing(): Response {
  return problemResponse(problem(404, 'There is nothing at this address.'));
}

function unexpected(cause: unknown): HTTPError {
  return problem(500, 'Something went wrong here.', { cause });
}

/** The error that started it all; wrappers only repeat it. */
function rootOf(error: unknown): unknown {
  const cause =
    typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? error : rootOf(cause);
}
