import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a remote does wrong, once. `skip` requests of the kind are served properly first. */
export type Fault = { readonly skip?: number } & (
  | { readonly kind: 'latency'; readonly ms: number }
  /** Answered so without having been carried out. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly code?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection is reset before or after the request was carried out. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The connection is reset when so much of the body has come: 0.6 is 60 %. */
  | { readonly kind: 'cut-request'; readonly share: number }
  /** The answer says how long it is and ends before. */
  | { readonly kind: 'cut-answer'; readonly share: number }
  /** One bit of the answer's body is another. */
  | { readonly kind: 'flip-answer' }
);

/** Faults in the order they were put in, by the name of the operation they are for; `*` is for any. */
export class FaultQueue {
  readonly #faults: { operation: string; fault: Fault; skip: number }[] = [];

  add(operation: string, ...faults: readonly Fault[]): void {
    for (const fault of faults) this.#faults.push({ operation, fault, skip: fault.skip ?? 0 });
  }

  /** The fault this request meets, which then is used up. */
  take(operation: string): Fault | null {
    const index = this.#faults.findIndex((entry) => entry.operation === operation || entry.operation === '*');
    const entry = this.#faults[index];
    if (!entry) return null;
    if (entry.skip > 0) {
      entry.skip -= 1;
      return null;
    }
    this.#faults.splice(index, 1);
    return entry.fault;
  }

  /** How many have not been met yet: a test whose fault was never met has tested nothing. */
  get left(): number {
    return this.#faults.length;
  }
}

/** What a fake is about to say. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The body of a request, or as much of it as the fault lets through: then the connection is reset, and it is null. */
export async function receive(request: IncomingMessage, fault: Fault | null): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  const length = Number(request.headers['content-length'] ?? 0);
  let bytes = 0;
  try {
    for await (const chunk of request) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (fault?.kind === 'cut-request' && bytes >= length * fault.share) {
        request.socket.resetAndDestroy();
        return null;
      }
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

/** Waits as long as the fault wants; false when whoever asked has gone in the meantime. */
export async function dawdle(response: ServerResponse, fault: Fault | null): Promise<boolean> {
  if (fault?.kind !== 'latency') return true;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, fault.ms);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return !response.destroyed;
}

/** Says it, as the fault wants it said. */
export function send(response: ServerResponse, reply: Reply, fault: Fault | null): void {
  const whole = Buffer.from(reply.body ?? '');
  const isFlipped = fault?.kind === 'flip-answer' && whole.length > 0;
  const body = isFlipped ? Buffer.from(whole) : whole;
  if (isFlipped) body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
  const headers = { ...reply.headers };
  // A HEAD says the length of what it does not send.
  if (reply.status !== 204 && !('content-length' in headers)) headers['content-length'] = String(body.length);
  response.writeHead(reply.status, headers);
  if (fault?.kind === 'cut-answer' && body.length > 0) {
    response.write(body.subarray(0, Math.floor(body.length * fault.share)), () => response.socket?.resetAndDestroy());
    return;
  }
  response.end(body);
}
