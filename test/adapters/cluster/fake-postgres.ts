import { createServer, type Socket } from 'node:net';

/** A server that speaks enough of PostgreSQL's protocol (version 3) to be taken for one. */
export interface FakePostgres {
  readonly port: number;
  /** Everything clients have sent so far, as latin1. */
  received(): string;
  close(): Promise<void>;
}

/** Asks every client for its password in clear, and never says more. */
export function greedyServer(port = 0): Promise<FakePostgres> {
  return listen(port, (socket) => socket.write(message('R', int32(3))));
}

/** Lets everybody in and answers each query with the same row of text values. */
export function rowServer(row: Readonly<Record<string, string>>): Promise<FakePostgres> {
  const ready = message('Z', Buffer.from('I'));
  const names = Object.keys(row);
  const fields = names.map((name) =>
    Buffer.concat([cstring(name), Buffer.alloc(6), int32(25), int16(-1), int32(-1), int16(0)]),
  );
  const values = Object.values(row).map((value) =>
    Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
  );
  const answer = Buffer.concat([
    message('T', Buffer.concat([int16(names.length), ...fields])),
    message('D', Buffer.concat([int16(names.length), ...values])),
    message('C', cstring('SELECT 1')),
    ready,
  ]);
  let greeted = new WeakSet<Socket>();
  return listen(0, (socket, data) => {
    if (greeted.has(socket)) {
      if (data[0] === 'Q'.charCodeAt(0)) socket.write(answer);
      return;
    }
    greeted = greeted.add(socket);
    socket.write(Buffer.concat([message('R', int32(0)), ready]));
  });
}

function listen(port: number, onData: (socket: Socket, data: Buffer) => void): Promise<FakePostgres> {
  const sockets = new Set<Socket>();
  let received = '';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received += data.toString('latin1');
      onData(socket, data);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      resolve({
        port: address.port,
        received: () => received,
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      });
    });
  });
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
