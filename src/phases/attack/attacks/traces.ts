import { fastHashes, isSlowHash } from '../../../domain/password-traces.ts';
import type { Scene } from '../scene.ts';

/** What was left behind: passwords in the database, secrets in the log, rows of others that changed. */
export async function lookForTraces(scene: Scene, before: Readonly<Record<string, number>> | null): Promise<void> {
  await Promise.all([inCells(scene), inLog(scene), inPlant(scene), inCounts(scene, before)]);
}

async function inCells({ field, schema, report, people }: Scene): Promise<void> {
  const cells = (await field.order.readCells?.()) ?? [];
  const passwords = field.ledger.secrets('password');
  const hashes = new Set(passwords.flatMap((password) => fastHashes(password)));
  const columns = new Set(
    schema.tables.flatMap((table) =>
      table.columns
        .filter(({ sensitive, name }) => sensitive && name.endsWith('_hash'))
        .map(({ name }) => `${table.name}.${name}`),
    ),
  );
  if (people) columns.add(`${people.table.name}.${people.accounts.password}`);
  const seen = new Set<string>();
  for (const { table, column, value } of cells) {
    const place = `${table}.${column}`;
    if (passwords.some((password) => value.includes(password))) {
      report('password-plain', place, 'A password that was sent stands in the database.');
    } else if ([...hashes].some((hash) => value.includes(hash))) {
      report('password-weak', place, 'A value is the plain digest of a password that was sent.');
    } else if (columns.has(place) && !isSlowHash(value)) {
      report('password-weak', place, 'A value does not look like the hash of a slow function.');
    }
    if (columns.has(place) && seen.has(value)) report('password-weak', place, 'Two hashes are the same.');
    if (columns.has(place)) seen.add(value);
    if (value.includes('mass-424242-hash'))
      report('mass-assignment', place, 'A client set a column that it cannot see.');
  }
}

/** Begins a line where newlines of a request get into the log. */
const CANARY = 'injected-log-line';

async function inLog({ field, fire, report }: Scene): Promise<void> {
  if (!field.order.readLog) return;
  await fire({ method: 'GET', path: `/%0a${CANARY}%0d%0a${CANARY}`, headers: { 'user-agent': `a%0a${CANARY}` } });
  // A server may write what it logs a moment later.
  await field.needs.clock.sleep(50);
  const text = await field.order.readLog();
  if (text.split(/[\r\n]+/).some((line) => line.startsWith(CANARY))) {
    report('log-injection', 'the log', 'A line of it begins with what a request sent.');
  }
  const secrets = ['password', 'token', 'refresh token', 'value'].flatMap((label) =>
    field.ledger.secrets(label).map((value) => ({ label, value })),
  );
  const found = secrets.find(({ value }) => text.includes(value));
  if (found) report('secret-logged', 'the log', `A ${found.label} that was sent stands in it.`);
  if (/postgres(?:ql)?:\/\/[^\s"@:]*:[^\s"@]+@/.test(text))
    report('secret-logged', 'the log', 'A connection string stands in it.');
}

async function inPlant({ field, report }: Scene): Promise<void> {
  const { plant } = field.order;
  if (!plant || (await plant.isIntact())) return;
  report('plant-changed', plant.table, 'What was planted there is not there any more.');
}

async function inCounts({ field, report }: Scene, before: Readonly<Record<string, number>> | null): Promise<void> {
  const after = await field.order.countRows?.();
  if (!after || !before) return;
  for (const [table, count] of Object.entries(after)) {
    const earlier = before[table];
    if (earlier !== undefined && earlier !== count)
      report('outside-touched', table, `It had ${earlier} rows and has ${count}.`);
  }
  const [gone] = Object.keys(before).filter((table) => !(table in after));
  if (gone !== undefined) report('outside-touched', gone, 'It is gone.');
}
