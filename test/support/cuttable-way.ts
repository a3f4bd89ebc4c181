import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut while a statement is under way, without the server saying a word. */
export interface CuttableWay {
  readonly port: number;
  /** The next message that `text` is found in never arrives: its connection ends, as that of a killed process does. */
  cutAt(text: string): void;
  close(): void;
}

export async function cuttableWay(port: number): Promise<CuttableWay> {
  let mark: string | null = null;
  const sockets = new Set<Socket>();
  const proxy: Server = createServer((near) => {
    const far = createConnection(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('data', (data) => {
      if (mark === null || !data.includes(mark)) return void far.write(data);
      mark = null;
      near.destroy();
      far.destroy();
    });
    far.on('data', (data) => near.write(data));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    cutAt: (text) => {
      mark = text;
    },
    close: () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
