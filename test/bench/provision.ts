/**
 * `npm run bench:provision [rounds]`: a whole provision (roles, database, grants, settings, records, login proof)
 * against the bare CREATE ROLE and CREATE DATABASE on the same server, in interleaved rounds; and a provision of what is
 * ready already. Times are of the clock; the least ones, and the CPU of both sides, suffer little from neighbours. The
 * goal is at most three times the bare statements.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { provision } from '../../src/operations/provision.ts';
import { startCluster } from '../support/global-cluster.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  releaseMetadata,
  type Server,
} from '../support/provisioning.ts';
import { cpuMs } from './server-cost.ts';

const rounds = Number(process.argv[2] ?? 20);

/** Adds the milliseconds of one run, and the CPU it took on both sides. */
async function measure(cost: Cost, work: () => Promise<unknown>): Promise<void> {
  const [startedAt, cpu] = [performance.now(), cpuMs(server)];
  await work();
  cost.ms.push(performance.now() - startedAt);
  // A server process is counted when the postmaster has collected it.
  await sleep(50);
  const { ours, server: theirs } = cpuMs(server);
  cost.cpuMs += ours - cpu.ours + theirs - cpu.server;
}

interface Cost {
  ms: number[];
  cpuMs: number;
}

const nothing = (): Cost => ({ ms: [], cpuMs: 0 });

async function bare(server: Server, name: string): Promise<void> {
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
    await query(`CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0`);
  });
}

function line(title: string, { ms, cpuMs: spent }: Cost): { min: number; median: number; cpu: number } {
  const sorted = [...ms].sort((a, b) => a - b);
  const min = sorted[0] ?? Number.NaN;
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const cpu = spent / ms.length;
  const [low, middle, work] = [min, median, cpu].map((value) => value.toFixed(1).padStart(8));
  process.stdout.write(`${title.padEnd(44)} min ${low} ms   median ${middle} ms   CPU ${work} ms\n`);
  return { min, median, cpu };
}

const { cluster: server, stop } = await startCluster(['fsync=on']);
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
try {
  await services.state.listDatabases();
  let [bareCost, wholeCost, againCost] = [nothing(), nothing(), nothing()];
  for (let round = -2; round < rounds; round += 1) {
    // The first rounds warm up caches and the just-in-time compiler for both.
    if (round === 0) [bareCost, wholeCost, againCost] = [nothing(), nothing(), nothing()];
    const name = `bare_${randomBytes(6).toString('hex')}`;
    const projectId = services.ids.projectId();
    const directory = `/projects/${projectId}`;
    await services.state.claimProject({ id: projectId, name: projectId, request: '', directory, createdAt: 0 });
    const order = { projectId, env: 'dev' } as const;
    await measure(bareCost, () => bare(server, name));
    await measure(wholeCost, () => provision(order, services));
    await measure(againCost, () => provision(order, services));
    await asAdmin(server, 'postgres', async (query) => {
      await query(`DROP DATABASE ${name}`);
      await query(`DROP ROLE ${name}`);
    });
  }
  const base = line('bare CREATE ROLE + CREATE DATABASE', bareCost);
  const whole = line('provision: 5 roles, database, grants, proof', wholeCost);
  line('provision again, everything ready', againCost);
  const ratio = [whole.min / base.min, whole.median / base.median, whole.cpu / base.cpu].map((value) =>
    value.toFixed(2),
  );
  process.stdout.write(
    `ratio: min ${ratio[0]}, median ${ratio[1]}, CPU ${ratio[2]} (goal: at most 3), ${rounds} rounds\n`,
  );
} finally {
  await releaseMetadata(server, metadata, services);
  await stop();
}
