import type { Client, Connection, Submittable } from 'pg';
import type { CopiedOut } from '../../../ports/sql.ts';

const BLOCK_BYTES = 64 * 1024;
/** Blocks that may wait for whoever reads; then the server waits. */
const AHEAD = 16;

/** The rows of a query as PostgreSQL writes them, whole lines at a time; see `SqlSession.copyOut`. */
export function copyOut(client: Client, query: string, translate: (error: unknown) => unknown): CopiedOut {
  const copy = new CopyOut(query);
  return { pieces: read(copy, client, translate), rows: () => copy.rows };
}

async function* read(copy: CopyOut, client: Client, translate: (error: unknown) => unknown): AsyncIterable<string> {
  client.query(copy);
  try {
    for (;;) {
      const piece = copy.next();
      if (piece !== undefined) yield piece;
      else if (copy.failure !== null) throw translate(copy.failure);
      else if (copy.isOver) return;
      else await copy.more();
    }
  } finally {
    copy.giveUp();
  }
}

/** What node-postgres tells of its messages. A row is a message, so that none is cut. */
class CopyOut implements Submittable {
  rows = 0;
  isOver = false;
  failure: unknown = null;
  readonly #query: string;
  readonly #ready: string[] = [];
  #connection: Connection | null = null;
  #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #used = 0;
  #wake = () => {};

  constructor(query: string) {
    this.#query = query;
  }

  submit(connection: Connection): void {
    this.#connection = connection;
    connection.query(`COPY (${this.#query}) TO STDOUT`);
  }

  /** The buffer behind the row is used again for the next one. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.rows += 1;
    if (this.#used + chunk.length > BLOCK_BYTES) this.#flush();
    if (chunk.length > BLOCK_BYTES) this.#push(chunk.toString());
    else this.#used += chunk.copy(this.#block, this.#used);
  }

  handleCommandComplete(): void {
    this.#flush();
  }

  handleReadyForQuery(): void {
    this.isOver = true;
    this.#wake();
  }

  handleError(error: unknown): void {
    this.failure = error;
    this.isOver = true;
    this.#wake();
  }

  /** The next piece that is there already. */
  next(): string | undefined {
    const piece = this.#ready.shift();
    if (this.#ready.length < AHEAD / 2) this.#connection?.stream.resume();
    return piece;
  }

  more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Nobody reads on: what the server still has to say could only be thrown away. */
  giveUp(): void {
    if (!this.isOver) this.#connection?.stream.destroy();
  }

  #flush(): void {
    if (this.#used > 0) this.#push(this.#block.toString('utf8', 0, this.#used));
    this.#used = 0;
  }

  #push(piece: string): void {
    this.#ready.push(piece);
    if (this.#ready.length >= AHEAD) this.#connection?.stream.pause();
    this.#wake();
  }
}
