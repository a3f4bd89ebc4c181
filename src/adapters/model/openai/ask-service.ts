import type { TurboError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import { type Concessions, concede, firstConcessions } from './concessions.ts';
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
 * Asks until there is a reply: what passes by itself is tried three times, with pauses, all within a deadline. What a
 * service says that it does not know (JSON schemas, newer parameters), it is asked without. Throws `CallFailed`.
 */
export function askService(service: Service, clock: Clock): AskService {
  let concessions = firstConcessions(service.provider);
  let runEndsAt: number | null = null;
  return async (question) => {
    runEndsAt ??= clock.elapsedMs() + service.idleMs * RUN_SILENCES;
    const endsAt = Math.min(runEndsAt, clock.elapsedMs() + service.idleMs * CALL_SILENCES);
    for (let attempt = 1; ; ) {
      const leftMs = endsAt - clock.elapsedMs();
      if (leftMs <= 0) throw new CallFailed(givenUp('slow', service));
      const asked = saysSchema(service, concessions) ? sayingSchema(question) : question;
      const result = await send(asked, service, { totalMs: leftMs, concessions });
      if ('reply' in result) return result.reply;
      const fewer = result.refusal && concede(result.refusal, question, concessions);
      if (fewer) {
        concessions = fewer;
        continue;
      }
      const { retryAfterMs } = result.failure;
      const pauseMs = retryAfterMs === 'backoff' ? 250 * 2 ** attempt : retryAfterMs;
      if (pauseMs === null || attempt >= ATTEMPTS || pauseMs >= endsAt - clock.elapsedMs()) {
        throw new CallFailed(result.failure);
      }
      await clock.sleep(pauseMs);
      attempt += 1;
    }
  };
}

/** Older Ollamas pass over a schema without a word, so there it is also said. */
function saysSchema({ provider }: Service, { without }: Concessions): boolean {
  return without.has('json_schema') || provider === 'ollama';
}

function sayingSchema(question: Question): Question {
  if (question.answerSchema === null) return question;
  const schema: Message = {
    role: 'system',
    content: `Answer with one JSON object and nothing else. It has to fit this JSON schema:\n${JSON.stringify(question.answerSchema)}`,
  };
  return { ...question, messages: [schema, ...question.messages] };
}
