import type { AttackResult } from '../../src/domain/verification.ts';
import { type Cluster, type Files, generateFiles, withAttacked } from '../support/attacked-backend.ts';
import { startCluster } from '../support/global-cluster.ts';
import { groupsOf, HOLES, type Hole, isFound, spoil } from '../support/holed-twin.ts';
import { schemaFile } from '../support/schema-file.ts';

/**
 * `npm run chaos:attack [quick|full] [part of a name …]`: the generated backends whole, which must give no findings,
 * and then with each hole of the holed twin alone, which must be found. `together` as a name puts holes that do not
 * disturb each other into one build. Prints what was found and missed; ends with 1 when anything was missed.
 */
const WHOLE = ['blog', 'types', 'hostile', 'tasks', 'forum', 'shop'];

// `good tasks` and `hole tasks …` are what the parts of names are looked for in.
const [given = 'full', ...wanted] = process.argv.slice(2);
const profile = given === 'quick' ? 'quick' : 'full';
const isTogether = wanted.includes('together');
const parts = wanted.filter((part) => part !== 'together');
const isWanted = (name: string) => parts.length === 0 || parts.some((part) => name.includes(part));
const say = (line: string) => process.stdout.write(`${line}\n`);
let faults = 0;

async function attackWhole(name: string, cluster: Cluster): Promise<void> {
  const schema = schemaFile(name);
  await withAttacked({ schema, files: await generateFiles(schema), cluster }, async (backend) => {
    const started = performance.now();
    const result = await backend.attack({ profile });
    const attempts = result.attacks.reduce((sum, attack) => sum + attack.attempts, 0);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`${name}, whole: ${result.weaknesses.length} findings, ${attempts} attempts, ${seconds} s`);
    say(`  ${result.attacks.map((attack) => `${attack.name} ${attack.attempts} in ${attack.ms} ms`).join(', ')}`);
    tell(result);
    faults += result.weaknesses.length;
  });
}

function tell({ weaknesses }: AttackResult): void {
  for (const { attack, severity, title, where, evidence, exchange } of weaknesses) {
    say(`  ${severity}, ${attack}: ${title}, ${where}: ${evidence}`);
    if (exchange)
      say(
        `    ${exchange.method} ${exchange.path} ${exchange.body ?? ''} → ${exchange.answer.status} ${exchange.answer.body}`,
      );
  }
}

async function attackHoled(holes: readonly Hole[], files: Readonly<Files>, cluster: Cluster): Promise<number> {
  const [first] = holes;
  if (!first) return 0;
  const spoilt = holes.reduce<Files>((text, hole) => spoil(text, hole), { ...files });
  return withAttacked({ schema: schemaFile(first.schema), files: spoilt, cluster }, async (backend) => {
    for (const { sql } of holes) if (sql) await backend.database.admin(sql);
    const only = [...new Set(holes.map(({ attack }) => attack))];
    const result = await backend.attack({ profile, only });
    const missed = holes.filter((hole) => !isFound(hole, result));
    for (const hole of holes) say(`${missed.includes(hole) ? 'MISSED' : 'found '} ${hole.schema}: ${hole.name}`);
    if (missed.length > 0) tell(result);
    return missed.length;
  });
}

const { cluster, stop } = await startCluster();
try {
  for (const name of WHOLE.filter((name) => isWanted(`good ${name}`))) await attackWhole(name, cluster);
  const holes = HOLES.filter(({ name, schema }) => isWanted(`hole ${schema} ${name}`));
  const groups = isTogether ? groupsOf(holes, 12) : holes.map((hole) => [hole]);
  let missed = 0;
  for (const group of groups) {
    const files = await generateFiles(schemaFile(group[0]?.schema ?? 'blog'));
    missed += await attackHoled(group, files, cluster).catch((error: unknown) => {
      say(`FAILED ${group.map(({ name }) => name).join(', ')}: ${error instanceof Error ? error.message : error}`);
      return group.length;
    });
  }
  say(`${holes.length - missed} of ${holes.length} holes found`);
  faults += missed;
} finally {
  await stop();
}
process.exitCode = faults === 0 ? 0 : 1;
