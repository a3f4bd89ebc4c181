/**
 * A client that costs little beside the server it measures: keep-alive connections over plain sockets, requests written
 * beforehand, of an answer only the status and the length are read.
 */
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx; the first of them. */
  readonly failed: number;
  readonly failure: string;
}

/** A request as it goes over the line. */
export function requestText(
  method: string,
  path: string,
  { body, headers = {} }: { body?: object; headers?: Readonly<Record<string, string>> } = {},
): string {
  const text = body ? JSON.stringify(body) : '';
  const lines = [`${method} ${path} HTTP/1.1`, 'host: localhost', 'accept: application/json'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(text)}`);
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

/** Collects one answer after the other; there is never more than one under way. */
class Answers {
  #parts: Buffer[] = [];
  #have = 0;
  #want = -1;
  status = 0;

  /** True when the answer is complete. */
  add(chunk: Buffer): boolean {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    if (this.#want < 0) this.#readHead();
    if (this.#want < 0) return false;
    const isComplete = this.#want > 0 ? this.#have >= this.#want : this.#endsWithLastChunk();
    if (isComplete) this.#have = 0;
    return isComplete;
  }

  /** The answer that was just completed, as text. */
  take(): string {
    const text = Buffer.concat(this.#parts).toString();
    this.next();
    return text;
  }

  next(): void {
    this.#parts = [];
    this.#have = 0;
    this.#want = -1;
  }

  #readHead(): void {
    const whole = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    const end = whole?.indexOf(END_OF_HEAD) ?? -1;
    if (!whole || end < 0) return;
    const head = whole.toString('latin1', 0, end);
    this.status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#want = length === undefined ? 0 : end + END_OF_HEAD.length + Number(length);
  }

  #endsWithLastChunk(): boolean {
    const tail = Buffer.concat(this.#parts.slice(-2));
    return tail.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  }
}

/** Keeps `connections` requests under way for a while. `next` makes each of them. */
export async function drive(
  port: number,
  next: () => string,
  { connections, ms }: { connections: number; ms: number },
): Promise<Load> {
  const latencies: number[] = [];
  let failed = 0;
  let failure = '';
  const startedAt = performance.now();
  const until = startedAt + ms;
  await Promise.all(
    Array.from({ length: connections }, () =>
      converse(port, next, (answers, latency) => {
        latencies.push(latency);
        if (answers.status >= 200 && answers.status < 300) answers.next();
        else {
          failed += 1;
          failure ||= answers.take();
          answers.next();
        }
        return performance.now() < until;
      }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
  const requests = latencies.length;
  return { requests, perSecond: requests / seconds, p50Ms: at(0.5), p99Ms: at(0.99), failed, failure };
}

/** Requests and answers on one connection, until `done` says that it is enough. */
function converse(
  port: number,
  next: () => string,
  onAnswer: (answers: Answers, latencyMs: number) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const answers = new Answers();
    let sentAt = 0;
    const send = () => {
      sentAt = performance.now();
      socket.write(next());
    };
    socket.once('connect', send);
    socket.on('data', (chunk) => {
      if (!answers.add(chunk)) return;
      if (onAnswer(answers, performance.now() - sentAt)) send();
      else socket.end();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}
