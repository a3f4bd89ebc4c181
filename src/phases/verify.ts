import { insertionOrder } from '../domain/sample.ts';
import type { Schema, Table } from '../domain/schema.ts';
import { amount } from '../domain/verdict.ts';
import type { Verification } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import { Evidence } from './verify/evidence.ts';
import { People, type Promote } from './verify/people.ts';
import { proveAccounts, proveDepartures } from './verify/prove-accounts.ts';
import { proveDeletion } from './verify/prove-deletion.ts';
import { proveCreation, proveRules } from './verify/prove-table.ts';
import { proveClosed, proveWalls } from './verify/prove-walls.ts';
import { type SampleRow, SampleRows } from './verify/sample-rows.ts';
import type { Scene } from './verify/scene.ts';
import { openTalk } from './verify/talk.ts';

/**
 * A quick functional proof of a running backend, by its REST contract and with the rows of `domain/sample`: every
 * table is created in, read, listed, changed, given bad input and deleted from. All rows it made are deleted again,
 * also when something fails. `schema` null (no database) asks for `/health` only. Never throws for a backend that is
 * wrong or silent: that is what the result says.
 */
export async function verify(
  order: {
    readonly url: string;
    readonly schema: Schema | null;
    /** Without it nobody is an administrator, and what only they may make is left out. */
    readonly promote?: Promote;
  },
  { http, clock, progress }: Needs<'http' | 'clock' | 'progress'>,
): Promise<Verification> {
  const { schema, url } = order;
  const evidence = new Evidence(clock);
  const talk = openTalk(url, http);
  const isUp = await evidence.check('answers at /health', async () => {
    const answer = await talk('GET', '/health');
    answer.expectStatus(200);
    answer.expect(answer.row()?.status === 'ok', 'its "status" is not "ok"');
  });
  if (isUp && schema) {
    const rows = new SampleRows(schema, talk, clock.now());
    const people = People.of(schema, talk, order.promote, () => rows.nextSeed());
    const stage = { schema, evidence, rows, talk, people };
    if (people) await provePeople(people, stage);
    else await proveData(stage);
  }
  const { passed, checks } = evidence.verdict();
  const good = checks.filter((check) => check.passed).length;
  progress({ kind: passed ? 'note' : 'warning', message: `${good} of ${amount(checks.length, 'check')} passed` });
  return { passed, checks };
}

interface Stage extends Scene {
  readonly people: People | null;
}

/** The accounts first, since everything else takes somebody who is signed in; they leave last. */
async function provePeople(people: People, stage: Stage): Promise<void> {
  try {
    if (!(await proveAccounts({ ...stage, people }))) return;
    stage.rows.employ(people);
    await proveData(stage);
  } finally {
    await proveDepartures({ ...stage, people });
  }
}

async function proveData({ schema, evidence, rows, talk, people }: Stage): Promise<void> {
  const samples: { table: Table; sample: SampleRow; scene: Scene; rules: Promise<void> }[] = [];
  try {
    for (const table of insertionOrder(schema).filter((candidate) => candidate !== people?.table)) {
      const branch = evidence.branch();
      const whoMakes = `${table.name}: has somebody who makes its rows`;
      const found = await branch.attempt(whoMakes, async () => ({ maker: (await people?.makerOf(table)) ?? null }));
      if (!found) continue;
      if (people && !found.maker) {
        await proveClosed(table, people, branch, talk);
        continue;
      }
      const scene = { schema, rows, talk: await rows.talkFor(table), evidence: branch };
      const sample = await proveCreation(table, scene);
      if (!sample) continue;
      if (people) await proveWalls(table, sample, people, { schema, evidence: branch, talk });
      samples.push({ table, sample, scene, rules: proveRules(table, sample, scene) });
    }
    await Promise.all(samples.map(({ rules }) => rules));
    for (const { table, sample, scene } of samples.toReversed()) {
      await proveDeletion(table, sample, { evidence, rows, talk: scene.talk });
    }
  } finally {
    await Promise.allSettled(samples.map(({ rules }) => rules));
    const left = await rows.clear();
    await evidence.check('leaves no row behind', async () => {
      if (left.length > 0) throw new Error(`could not be deleted: ${left.join(', ')}`);
    });
  }
}
