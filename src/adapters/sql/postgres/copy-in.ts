import type { Duplex } from 'node:stream';
import type { Client, Connection, Submittable } from 'pg';

/** What node-postgres can do and its types leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/** Rows in PostgreSQL's text format into a table; see `SqlSession.copyIn`. Throws what the server or the source says. */
export function copyIn(client: Client, into: string, pieces: AsyncIterable<string>): Promise<number> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(into, pieces, resolve, reject));
  });
}

class CopyIn implements Submittable {
  readonly #into: string;
  readonly #pieces: AsyncIterable<string>;
  readonly #resolve: (rows: number) => void;
  readonly #reject: (error: unknown) => void;
  #rows = 0;
  #isOver = false;
  /** Why the source gave up, which says more than the server's answer to that. */
  #cause: unknown = null;

  constructor(
    into: string,
    pieces: AsyncIterable<string>,
    resolve: (rows: number) => void,
    reject: (error: unknown) => void,
  ) {
    this.#into = into;
    this.#pieces = pieces;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    connection.query(`COPY ${this.#into} FROM STDIN`);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    void this.#send(connection);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rows = Number(/^COPY (\d+)$/.exec(text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.#isOver = true;
    this.#resolve(this.#rows);
  }

  handleError(error: unknown): void {
    this.#isOver = true;
    this.#reject(this.#cause ?? error);
  }

  async #send(connection: CopyConnection): Promise<void> {
    const { stream } = connection;
    try {
      for await (const piece of this.#pieces) {
        // The server has refused a row, or is gone.
        if (this.#isOver) return;
        connection.sendCopyFromChunk(Buffer.from(piece));
        if (stream.writableNeedDrain) await drained(stream);
      }
      if (!this.#isOver) connection.endCopyFrom();
    } catch (error) {
      this.#cause = error;
      if (!this.#isOver) connection.sendCopyFail('the source of the rows failed');
    }
  }
}

/** Until more can be sent, or nothing any more. */
function drained(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}
