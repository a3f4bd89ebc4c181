import { startCluster } from '../support/global-cluster.ts';
import { conversions, donations, falconry } from '../support/plays.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';
import { playHostile } from './loop-hostile.ts';
import { playByTls, playKilled, playWhole, type SceneEnd } from './loop-scenes.ts';

/**
 * `npm run chaos:loop [scene]`: models that write endpoints, end to end against a server that plays them. Requests of
 * four kinds are written, proven, replayed without a network and asked afresh; one is killed at every question and
 * while the tools run; one has a database that is reached by TLS; hostile models have to end by themselves. Nothing secret may be sent. Prints counts; ends with 1
 * when a promise was broken.
 */
const cluster = await startCluster();

const scenes: Readonly<Record<string, (home: string) => Promise<SceneEnd>>> = {
  nitro: (home) => playWhole(falconry('nitro'), home, cluster),
  hono: (home) => playWhole(falconry('hono'), home, cluster),
  accounts: (home) => playWhole(donations, home, cluster),
  responses: (home) => playWhole(conversions, home, cluster),
  tls: (home) => playByTls(falconry('nitro'), home),
  killed: (home) => playKilled(falconry('nitro'), home, cluster),
  hostile: (home) => playHostile(home, cluster),
};

const [wanted] = process.argv.slice(2);
let broken = 0;
try {
  for (const [name, play] of Object.entries(scenes)) {
    if (wanted !== undefined && wanted !== name) continue;
    const { counts, faults } = await withTemporaryFolder(play).catch((error: unknown) => ({
      counts: {},
      faults: [String(error)],
    }));
    process.stdout.write(`${name} ${JSON.stringify({ ...counts, faults: faults.length })}\n`);
    for (const fault of faults) process.stdout.write(`  ${fault}\n`);
    broken += faults.length;
  }
} finally {
  await cluster.stop();
}
process.exitCode = broken > 0 ? 1 : 0;
