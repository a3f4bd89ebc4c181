/**
 * `npm run bench:provision [rounds]`: a whole provision (roles, database, grants, settings, records, login proof)
 * against the bare CREATE ROLE and CREATE DATABASE on the same server, in interleaved rounds; and a provision of what is
 * ready already. The goal is at most three times the bare statements.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { provision } from '../../src/operations/provision.ts';
import { startCluster } from '../support/global-cluster.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  releaseMetadata,
  type Server,
} from '../support/provisioning.ts';

const rounds = Number(process.argv[2] ?? 20);

async function measure(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function bare(server: Server, name: string): Promise<void> {
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
    await query(`CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0`);
  });
}

function line(title: string, values: readonly number[]): { min: number; median: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const min = sorted[0] ?? Number.NaN;
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const [low, middle] = [min, median].map((value) => value.toFixed(1).padStart(8));
  process.stdout.write(`${title.padEnd(44)} min ${low} ms   median ${middle} ms\n`);
  return { min, median };
}

const { cluster: server, stop } = await startCluster(['fsync=on']);
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
try {
  await services.state.listDatabases();
  const times = { bare: [] as number[], whole: [] as number[], again: [] as number[] };
  for (let round = -1; round < rounds; round += 1) {
    const name = `bare_${randomBytes(6).toString('hex')}`;
    const order = { projectId: services.ids.projectId(), env: 'dev' } as const;
    const bareMs = await measure(() => bare(server, name));
    const wholeMs = await measure(() => provision(order, services));
    const againMs = await measure(() => provision(order, services));
    await asAdmin(server, 'postgres', async (query) => {
      await query(`DROP DATABASE ${name}`);
      await query(`DROP ROLE ${name}`);
    });
    // The first round warms up caches and the just-in-time compiler for both.
    if (round < 0) continue;
    times.bare.push(bareMs);
    times.whole.push(wholeMs);
    times.again.push(againMs);
  }
  const base = line('bare CREATE ROLE + CREATE DATABASE', times.bare);
  const whole = line('provision: 5 roles, database, grants, proof', times.whole);
  line('provision again, everything ready', times.again);
  const ratio = [whole.min / base.min, whole.median / base.median].map((value) => value.toFixed(2));
  process.stdout.write(`ratio: min ${ratio[0]}, median ${ratio[1]} (goal: at most 3), ${rounds} rounds\n`);
} finally {
  await releaseMetadata(server, metadata, services);
  await stop();
}
