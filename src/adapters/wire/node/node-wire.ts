import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { Wire, WireAnswer, WirePart, WireScript } from '../../../ports/wire.ts';

/** An answer is over when nothing more came for this long. */
const QUIET_MS = 30;
const MAX_BYTES = 1024 * 1024;

/** Plain sockets, TLS where the address says so. */
export function nodeWire(): Wire {
  return { talk };
}

function talk(url: string, { parts, deadlineMs, until = 'answer' }: WireScript): Promise<WireAnswer> {
  const started = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let quiet: NodeJS.Timeout | undefined;
    let isOpen = false;
    let isSent = false;
    const socket = open(url);
    const finish = (ended: WireAnswer['ended']) => {
      clearTimeout(deadline);
      clearTimeout(quiet);
      if (until === 'abort') socket.resetAndDestroy();
      else socket.destroy();
      resolve({ text: Buffer.concat(chunks).toString('latin1'), ended, ms: performance.now() - started });
    };
    const deadline = setTimeout(() => finish(isOpen ? 'deadline' : 'refused'), deadlineMs);
    const rest = () => {
      clearTimeout(quiet);
      if (isSent && until === 'answer' && bytes > 0) quiet = setTimeout(() => finish('us'), QUIET_MS);
    };
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BYTES) chunks.push(chunk);
      rest();
    });
    // A server that hangs up while we still send makes writing fail: what it said before is what counts.
    socket.on('error', () => {});
    socket.on('close', () => finish(isOpen ? 'server' : 'refused'));
    socket.once(url.startsWith('https:') ? 'secureConnect' : 'connect', () => {
      isOpen = true;
      void send(socket, parts).then(() => {
        isSent = true;
        if (until === 'abort') finish('us');
        else rest();
      });
    });
  });
}

function open(url: string): Socket {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'https:') return connectTls({ host, port: Number(port || 443), servername: host });
  return connect({ host, port: Number(port || 80) });
}

async function send(socket: Socket, parts: readonly WirePart[]): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed) return;
    if (typeof part === 'object' && 'pauseMs' in part) await sleep(part.pauseMs);
    else await write(socket, typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
  }
}

/** Ends also when the other side has gone. */
function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}
