import { createServer, type Server, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { nodeWire } from '../../../src/adapters/wire/node/node-wire.ts';

/** A server of bytes; what it received is kept. */
async function withServer(
  answer: (socket: Socket, received: () => string) => void,
  work: (url: string, received: () => string) => Promise<void>,
): Promise<void> {
  let text = '';
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      answer(socket, () => text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  try {
    await work(`http://127.0.0.1:${port}/ignored`, () => text);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

it('sends bytes as they are, in parts, and gives back what came', async () => {
  await withServer(
    (socket, received) => {
      if (received().endsWith('end')) socket.write('HTTP/1.1 200 OK\r\n\r\n\xff', 'latin1');
    },
    async (url, received) => {
      const parts = ['\xff\0', new Uint8Array([1, 2]), { pauseMs: 5 }, 'end'];
      const answer = await nodeWire().talk(url, { parts, deadlineMs: 5000 });
      expect(received()).toBe('\xff\0\x01\x02end');
      expect(answer).toMatchObject({ text: 'HTTP/1.1 200 OK\r\n\r\n\xff', ended: 'us' });
    },
  );
});

it('tells who ended the connection', async () => {
  await withServer(
    (socket, received) => {
      if (received() === 'bye') socket.end('gone');
    },
    async (url) => {
      const wire = nodeWire();
      expect(await wire.talk(url, { parts: ['bye'], deadlineMs: 5000, until: 'close' })).toMatchObject({
        ended: 'server',
        text: 'gone',
      });
      expect(await wire.talk(url, { parts: ['wait'], deadlineMs: 500 })).toMatchObject({ ended: 'deadline', text: '' });
      expect(await wire.talk(url, { parts: ['go'], deadlineMs: 5000, until: 'abort' })).toMatchObject({ ended: 'us' });
    },
  );
});

it('does not reject when nobody listens', async () => {
  expect(await nodeWire().talk('http://127.0.0.1:1', { parts: ['a'], deadlineMs: 5000 })).toMatchObject({
    ended: 'refused',
  });
});
