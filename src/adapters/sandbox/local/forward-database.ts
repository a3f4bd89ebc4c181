import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The name PostgreSQL's clients look for. */
const SOCKET = '.s.PGSQL.5432';

export interface Forwarder {
  /** Folder with the socket. */
  readonly folder: string;
  close(): Promise<void>;
}

/**
 * A socket that leads to one server and nowhere else: what has no network reaches its database through it. In a folder
 * of the system's own, since names of sockets are short.
 */
export async function forwardDatabase(target: { readonly host: string; readonly port: number }): Promise<Forwarder> {
  const folder = await mkdtemp(join(tmpdir(), 'tb-pg-'));
  const open = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(target.port, target.host);
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.end();
      });
      one.pipe(other);
    }
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(join(folder, SOCKET), resolve);
    });
    // Whoever the program is inside; the password is asked for by the server.
    await chmod(join(folder, SOCKET), 0o666);
    await chmod(folder, 0o711);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    folder,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
