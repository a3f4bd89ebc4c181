import { defineErrorHandler } from 'nitro';
import { describeError, log } from './lib/log.ts';
import { problemResponse } from './lib/problem.ts';

/** Answers every error as a problem document, and logs those that are ours. */
export default defineErrorHandler((error, event) => {
  if (error.unhandled || error.status >= 500) {
    const requestId = event.req.runtime?.node?.res?.getHeader('x-request-id');
    log('error', 'request failed', {
      requestId,
      method: event.req.method,
      ...describeError(rootOf(error)),
    });
  }
  return problemResponse(error);
});

/** The error that started it all; wrappers only repeat it. */
function rootOf(error: unknown): unknown {
  const cause =
    typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? error : rootOf(cause);
}
