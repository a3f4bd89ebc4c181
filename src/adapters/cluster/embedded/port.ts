import { connect, createServer } from 'node:net';
import { TurboError } from '../../../domain/errors.ts';

/** Below the range that systems hand out to outgoing connections (from 32768), which could sit on ours at a restart. */
const FIRST = 20_000;
const LAST = 32_767;

/** True when nobody listens on the port of the loopback address and we could. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port)) && !(await somebodyAnswers(port));
}

/** A free port, `preferred` if it is one. Throws `cluster.start_failed` when none is found. */
export async function findPort(preferred: number | null): Promise<number> {
  if (preferred !== null && (await isPortFree(preferred))) return preferred;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isPortFree(port)) return port;
  }
  throw new TurboError('cluster.start_failed', 'No free port was found on 127.0.0.1 between 20000 and 32767.', {
    hint: 'End programs that listen there, then run the same command again.',
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function somebodyAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 500 });
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket
      .once('connect', () => answer(true))
      .once('error', () => answer(false))
      .once('timeout', () => answer(false));
  });
}
