import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { planner } from '../../src/adapters/model/planner/planner.ts';
import { compareCatalogs } from '../../src/domain/catalog.ts';
import { parseRequest } from '../../src/domain/request.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { readCatalog } from '../../src/operations/read-catalog.ts';
import { CHANGE_NAMES, type Evolution, randomEvolution, seeded } from '../support/evolution.ts';
import { fillFresh, fingerprints, type Outcome, tryEvolution, withDatabase } from '../support/evolution-trial.ts';
import { startCluster } from '../support/global-cluster.ts';
import { shippedLexicon } from '../support/planner.ts';

/**
 * `npm run bench:evolve [steps] [seed] [--alone] [--online]`: random changes of the templates and of designs of the planner, each
 * on a database with rows: does it come out as a fresh database of the new schema, are all rows and untouched columns
 * as they were, does the way back restore it? The same for pg-delta, unless `--alone`, which is not told what was
 * renamed and what new columns get: it cannot be.
 */

const [steps = 240, seed = 1] = process.argv
  .slice(2)
  .filter((flag) => !flag.startsWith('--'))
  .map(Number);
const alone = process.argv.includes('--alone');
const online = process.argv.includes('--online');
const ROWS = 30;
const REQUESTS = [
  'A gym with members, trainers, classes and bookings. Members sign in.',
  'Recipes with ingredients, ratings and comments; users can save favourites',
  'Track invoices, clients and payments for a freelancer',
  'A library where members borrow books and pay fines',
];

async function schemas(): Promise<readonly Schema[]> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'templates', 'schemas');
  const templates = readdirSync(folder).map((file): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const model = planner({ lexicon: await shippedLexicon() });
  const designs = await Promise.all(REQUESTS.map(async (text) => (await model.design(parseRequest(text))).schema));
  return [...templates.map((template) => parseSchema(schemaIn(template))), ...designs];
}

/** A template is a schema with a title around it. */
function schemaIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'schema' in value ? value.schema : value;
}

/** The other tool on the same rows: the database it makes, held against the same wish. */
async function tryDelta(evolution: Evolution, server: pg.ClientConfig): Promise<Outcome> {
  const [{ extract }, { plan }, { apply }] = await Promise.all([
    import('@supabase/pg-delta/extract'),
    import('@supabase/pg-delta/plan'),
    import('@supabase/pg-delta/apply'),
  ]);
  const access = {
    host: String(server.host),
    port: Number(server.port),
    user: String(server.user),
    password: String(server.password),
  };
  return withDatabase(access, async (source, sourceName) => {
    await fillFresh(evolution.before, source, ROWS);
    return withDatabase(access, async (wish, wishName) => {
      await wish.query((await import('../../src/domain/migration.ts')).initialMigration(evolution.after, 0).content);
      const prints = await fingerprints(evolution, 'before', source);
      const pools = [sourceName, wishName].map((database) => new pg.Pool({ ...access, database, max: 3 }));
      const [from, to] = pools;
      if (!from || !to) throw new Error('no pools');
      for (const pool of pools) pool.on('error', () => {});
      const startedAt = performance.now();
      const outcome = (kind: Outcome['kind'], reason: string): Outcome => ({
        kind,
        reason,
        ms: performance.now() - startedAt,
        rows: 0,
      });
      try {
        const [one, other] = [await extract(from), await extract(to)];
        const report = await apply(plan(one.factBase, other.factBase), from);
        if (report.status !== 'applied') return outcome('wrong', report.error?.message ?? report.status);
        const done = outcome('converged', '');
        const [left] = compareCatalogs(await readCatalog(source), await readCatalog(wish), { names: true });
        if (left) return { ...done, kind: 'wrong', reason: JSON.stringify(left) };
        const after = await fingerprints(evolution, 'after', source);
        const lost = Object.keys(prints).find((table) => prints[table] !== after[table]);
        return lost === undefined
          ? done
          : { ...done, kind: 'wrong', reason: `rows or values of ${lost} are not what they were` };
      } catch (error) {
        return outcome('wrong', error instanceof Error ? error.message : String(error));
      } finally {
        await Promise.all(pools.map((pool) => pool.end()));
      }
    });
  });
}

function tell(title: string, outcomes: readonly Outcome[]): void {
  const of = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
  const times = outcomes
    .filter(({ kind }) => kind === 'converged')
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  const share = ((100 * of('converged')) / Math.max(1, outcomes.length)).toFixed(1);
  const [middle, most] = [times[Math.floor(times.length / 2)], times.at(-1)].map((ms) => (ms ?? 0).toFixed(0));
  process.stdout.write(
    `${title.padEnd(14)} ${outcomes.length} steps: ${of('converged')} converged (${share} %), ${of('refused')} refused, ${of('wrong')} wrong; a step takes ${middle} ms (most ${most})\n`,
  );
}

const { cluster, stop } = await startCluster();
try {
  const random = seeded(seed);
  const starts = await schemas();
  const [ours, theirs]: [Outcome[], Outcome[]] = [[], []];
  await withDatabase(cluster, async (empty) => {
    for (let step = 0; ours.length < steps && step < steps * 3; step += 1) {
      const start = starts[step % starts.length];
      const kind = CHANGE_NAMES[Math.floor(step / 1.7) % CHANGE_NAMES.length] ?? '';
      const found = start ? randomEvolution(start, random, kind, random(3)) : null;
      if (!found) continue;
      const evolution = { ...found, options: { ...found.options, online } };
      const outcome = await withDatabase(cluster, async (session) => {
        await fillFresh(evolution.before, session, ROWS);
        return tryEvolution(evolution, session, empty);
      });
      ours.push(outcome);
      if (outcome.kind !== 'converged')
        process.stdout.write(`${outcome.kind} step ${step} (${evolution.label}): ${outcome.reason}\n`);
      if (alone) continue;
      const other = await tryDelta(evolution, cluster);
      theirs.push(other);
      if (other.kind !== 'converged')
        process.stdout.write(`  pg-delta: ${other.reason.split('\n')[0]?.slice(0, 160)}\n`);
    }
  });
  tell('turbobackend', ours);
  if (!alone) tell('pg-delta', theirs);
} finally {
  await stop();
}
