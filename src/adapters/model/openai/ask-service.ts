import type { TurboError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import { type Failure, givenUp } from './failures.ts';
import type { Message, Question, Reply, Service } from './question.ts';
import { send } from './send.ts';

/** A call may take so many silences in all, and all calls of a command so many. */
const CALL_SILENCES = 5;
const RUN_SILENCES = 10;
const ATTEMPTS = 3;

/** A call that came to nothing. */
export class CallFailed extends Error {
  readonly error: TurboError;
  /** Nothing was paid for it, as far as anybody can know. */
  readonly isFree: boolean;

  constructor({ error, isFree }: Pick<Failure, 'error' | 'isFree'>) {
    super(error.message);
    this.error = error;
    this.isFree = isFree;
  }
}

export type AskService = (question: Question) => Promise<Reply>;

/**
 * Asks until there is a reply: what passes by itself is tried three times, with pauses, all within a deadline. A
 * service that does not know JSON schemas is asked again without. Throws `CallFailed`.
 */
export function askService(service: Service, clock: Clock): AskService {
  let withSchema = true;
  let runEndsAt: number | null = null;
  return async (question) => {
    runEndsAt ??= clock.elapsedMs() + service.idleMs * RUN_SILENCES;
    const endsAt = Math.min(runEndsAt, clock.elapsedMs() + service.idleMs * CALL_SILENCES);
    for (let attempt = 1; ; attempt += 1) {
      const leftMs = endsAt - clock.elapsedMs();
      if (leftMs <= 0) throw new CallFailed(givenUp('slow', service));
      const asked = withSchema ? question : sayingSchema(question);
      const result = await send(asked, service, { totalMs: leftMs, withSchema });
      if ('reply' in result) return result.reply;
      if (withSchema && isAboutSchema(result.status, result.failure.error)) {
        withSchema = false;
        continue;
      }
      const { retryAfterMs } = result.failure;
      const pauseMs = retryAfterMs === 'backoff' ? 250 * 2 ** attempt : retryAfterMs;
      if (pauseMs === null || attempt >= ATTEMPTS || pauseMs >= endsAt - clock.elapsedMs()) {
        throw new CallFailed(result.failure);
      }
      await clock.sleep(pauseMs);
    }
  };
}

/** The service does not take our way of asking for JSON, and says so. */
function isAboutSchema(status: number | null, { message }: TurboError): boolean {
  return (
    (status === 400 || status === 422) && /response_format|json_schema|text\.format|structured output/i.test(message)
  );
}

function sayingSchema(question: Question): Question {
  const schema: Message = {
    role: 'system',
    content: `Answer with one JSON object and nothing else. It has to fit this JSON schema:\n${JSON.stringify(question.answerSchema)}`,
  };
  return { ...question, messages: [schema, ...question.messages] };
}
