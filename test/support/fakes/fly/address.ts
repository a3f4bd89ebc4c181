import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { FlyMachine, FlyWorld } from './world.ts';

/** What stands before the machines: wakes one that stopped by itself, and answers 503 when none may be reached. */
export async function publicAddress(world: FlyWorld): Promise<{ readonly url: string; close(): Promise<void> }> {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const machines = reachable(world);
    const port = machines[turn++ % Math.max(1, machines.length)]?.process?.port ?? null;
    if (port === null) {
      outgoing.writeHead(503).end();
      return;
    }
    const headers = { ...incoming.headers, 'fly-client-ip': incoming.socket.remoteAddress ?? '' };
    const { method, url } = incoming;
    const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The address has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function reachable(world: FlyWorld): readonly FlyMachine[] {
  const app = [...world.apps.values()].findLast(({ ips }) => ips.length > 0);
  const machines = [...(app?.machines.values() ?? [])];
  return machines.filter(
    ({ process, isCordoned, state, config }) =>
      process?.port && !isCordoned && state === 'started' && Array.isArray(config.services),
  );
}
