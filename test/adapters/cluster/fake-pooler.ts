import { createServer, type Socket } from 'node:net';
import pg from 'pg';
import { connectionSettings, type Login } from '../../../src/domain/database.ts';

/** Stands between clients and a server, as PgBouncer does. */
export interface FakePooler {
  readonly port: number;
  close(): Promise<void>;
}

interface Server {
  readonly client: pg.Client;
  readonly socket: Socket;
  /** The session it serves right now. */
  user: symbol | null;
}

const READY = 'Z'.charCodeAt(0);

/**
 * A pooler with two connections to a server, whose clients need no password and speak the simple protocol. By
 * `transaction` whoever begins one gets the connection that was used last, as PgBouncer does; by `session` a client
 * keeps the one it got.
 */
export async function fakePooler(login: Login, mode: 'transaction' | 'session'): Promise<FakePooler> {
  const servers = await Promise.all([openServer(login), openServer(login)]);
  const clients = new Set<Socket>();
  const listener = createServer((socket) => {
    clients.add(socket);
    serve(socket, servers, mode);
  });
  const port = await new Promise<number>((resolve) => {
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  return {
    port,
    async close() {
      for (const socket of clients) socket.destroy();
      await new Promise<void>((done) => listener.close(() => done()));
      for (const { socket } of servers) socket.destroy();
    },
  };
}

/** Logs in through node-postgres, then takes the socket away from it. */
async function openServer(login: Login): Promise<Server> {
  const client = new pg.Client(connectionSettings(login));
  client.on('error', () => {});
  await client.connect();
  const { stream: socket } = (client as unknown as { connection: { stream: Socket } }).connection;
  socket.removeAllListeners('data');
  return { client, socket, user: null };
}

function serve(socket: Socket, servers: Server[], mode: 'transaction' | 'session'): void {
  const me = Symbol('client');
  let current: Server | undefined;
  let greeted = false;
  const give = () => {
    // The one used last lies in front.
    current = servers.find(({ user }) => user === null);
    if (!current) return void socket.destroy();
    current.user = me;
    current.socket.on('data', answer);
  };
  const takeBack = () => {
    if (!current) return;
    current.user = null;
    current.socket.off('data', answer);
    servers.sort((a, b) => Number(b === current) - Number(a === current));
    current = undefined;
  };
  function answer(data: Buffer): void {
    socket.write(data);
    const end = data.length - 6;
    const isIdle = end >= 0 && data[end] === READY && data.toString('latin1', end + 5) === 'I';
    if (isIdle && mode === 'transaction') takeBack();
  }
  socket.on('error', () => {});
  socket.on('close', takeBack);
  socket.on('data', (data) => {
    if (!greeted) {
      greeted = true;
      return void socket.write(greeting());
    }
    if (data[0] === 'X'.charCodeAt(0)) return;
    if (!current) give();
    current?.socket.write(data);
  });
}

/** Come in; this is "your" process (a made-up one); ready. */
function greeting(): Buffer {
  const key = Buffer.alloc(13);
  key.write('K');
  key.writeInt32BE(12, 1);
  key.writeInt32BE(0x7e57, 5);
  return Buffer.concat([Buffer.from('R\0\0\0\x08\0\0\0\0', 'latin1'), key, Buffer.from('Z\0\0\0\x05I', 'latin1')]);
}
