/** Bytes of one answer: far more than any design has. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Why a call was given up by us. */
export type GiveUp = 'silent' | 'slow' | 'huge';

export interface Guard {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** Set once the guard has ended the call. */
  readonly gaveUp: () => GiveUp | null;
  /** Ends the timers; the call is over. */
  release(): void;
}

export interface GuardOptions {
  readonly idleMs: number;
  readonly totalMs: number;
  readonly send: typeof fetch;
}

/**
 * A fetch that ends a call when nothing comes for `idleMs`, when all of it takes longer than `totalMs`, and when the
 * answer has more than 8 MB. The openai client's own timeout does not cover the body. Redirects are refused: the key
 * must not follow one.
 */
export function openGuard({ idleMs, totalMs, send }: GuardOptions): Guard {
  const controller = new AbortController();
  let reason: GiveUp | null = null;
  const giveUp = (why: GiveUp) => {
    reason ??= why;
    controller.abort();
  };
  const total = setTimeout(() => giveUp('slow'), totalMs);
  let idle = setTimeout(() => giveUp('silent'), idleMs);
  const heard = () => {
    clearTimeout(idle);
    idle = setTimeout(() => giveUp('silent'), idleMs);
  };
  return {
    signal: controller.signal,
    gaveUp: () => reason,
    release() {
      clearTimeout(total);
      clearTimeout(idle);
    },
    async fetch(input, init) {
      const response = await send(input, { ...init, redirect: 'error' });
      heard();
      let bytes = 0;
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, stream) {
          heard();
          bytes += chunk.byteLength;
          if (bytes > MAX_ANSWER_BYTES) giveUp('huge');
          else stream.enqueue(chunk);
        },
      });
      const { status, statusText, headers } = response;
      const body = response.body?.pipeThrough(counted, { signal: controller.signal }) ?? null;
      return new Response(body, { status, statusText, headers });
    },
  };
}
