import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSandbox } from '../../src/adapters/sandbox/local/local-sandbox.ts';
import { PROBES } from '../support/sandbox-probes.ts';

/** Tries to get out of a sandbox, as whoever runs this; prints what it was and what came of it. For child processes. */
const root = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'tb-probe-'));
const secret = join(home, 'secrets', '.env');
mkdirSync(join(home, 'secrets'));
writeFileSync(secret, 'CANARY=a-canary-in-another-project');
const outer = createServer();
await new Promise<void>((next) => outer.listen(0, '127.0.0.1', next));
const script = join(root, 'templates/sandbox/enter.sh');
const sandbox = localSandbox({ home, script, isOff: false, path: process.env.SANDBOX_PATH });
const prepare = async (directory: string) => {
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(join(root, 'node_modules/pg'), join(directory, 'node_modules/pg'));
};
try {
  const room = await sandbox.open({ files: { 'probe.mjs': PROBES }, database: null, prepare });
  const address = outer.address();
  const environment = {
    SECRET_FILE: secret,
    HOME_FOLDER: home,
    OUTER_PID: String(process.pid),
    OUTER_PORT: String(typeof address === 'object' && address ? address.port : 0),
  };
  const { output } = await room.run({ args: ['probe.mjs'], environment, deadlineMs: 30_000 });
  await room.close();
  process.stdout.write(`${JSON.stringify({ uid: process.getuid?.(), kind: await sandbox.kind(), output })}\n`);
} finally {
  outer.close();
  rmSync(home, { recursive: true, force: true });
}
