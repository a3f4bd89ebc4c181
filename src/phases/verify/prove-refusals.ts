import { parseColumnType } from '../../domain/column-type.ts';
import { type InputField, inputFields, resourcePath } from '../../domain/rest.ts';
import { parentLinks, sampleInput } from '../../domain/sample.ts';
import { sampleValue } from '../../domain/sample-values.ts';
import { type Column, primaryKey, type Schema, type Table } from '../../domain/schema.ts';
import { MAX_TRIES, type SampleRow } from './sample-rows.ts';
import type { Scene } from './scene.ts';
import type { Answer } from './talk.ts';

/** No generated row gets near this one. */
const UNKNOWN_SEED = 987_654_321;
const UNKNOWN_FIELD = 'no_such_field';

interface Refusal {
  readonly name: string;
  readonly status: number;
  readonly ask: () => Promise<Answer>;
}

/** Bad input is refused with the right status, as a problem document, and stores nothing. */
export async function proveRefusals(table: Table, sample: SampleRow, scene: Scene): Promise<void> {
  const { schema, evidence, rows, talk } = scene;
  const path = resourcePath(table);
  const post = (json: unknown) => talk('POST', path, { json });
  const parents = await rows.parents(table);
  const body = sampleInput(table, schema, rows.nextSeed(), parents);
  const refusals: Refusal[] = [
    { name: 'refuses what is not JSON', status: 400, ask: () => talk('POST', path, { text: '{"' }) },
    { name: 'refuses an unknown field', status: 400, ask: () => post({ ...body, [UNKNOWN_FIELD]: 1 }) },
  ];
  const add = (name: string, status: number, ask: () => Promise<Answer>) => refusals.push({ name, status, ask });
  const fields = inputFields(table);
  const wrong = fields.find((field) => isPicky(field));
  if (wrong) add('refuses a value of the wrong type', 400, () => post({ ...body, [wrong.name]: { not: 'a value' } }));
  const required = fields.find((field) => field.required);
  if (required) {
    const { [required.name]: _left, ...rest } = body;
    add('refuses a row without a required field', 400, () => post(rest));
  }
  const unknown = unknownKey(table, scene);
  if (unknown !== null) add('does not find an unknown row', 404, () => talk('GET', `${path}/${unknown}`));
  const orphan = orphanInput(table, body, scene);
  // Another verification may have a row with the same values just now.
  const askOrphan = async (given: unknown, triesLeft: number): Promise<Answer> => {
    const answer = await post(given);
    if (answer.status !== 409 || triesLeft === 0) return answer;
    rows.skipTaken();
    const next = sampleInput(table, schema, rows.nextSeed(), parents);
    return askOrphan(orphanInput(table, next, scene), triesLeft - 1);
  };
  if (orphan) add('refuses a parent that does not exist', 422, () => askOrphan(orphan, MAX_TRIES));
  if (isUniqueInput(table, sample)) add('refuses a duplicate', 409, () => post(sample.input));
  for (const { name, status, ask } of refusals) {
    await evidence.check(`${table.name}: ${name}`, async () => {
      const answer = await ask();
      rows.adopt(table, answer, talk);
      answer.expectProblem(status);
    });
  }
}

/** Any JSON is right for a json column. */
function isPicky({ column }: InputField): boolean {
  return parseColumnType(column.type)?.kind !== 'json';
}

/** A key no row has; null where values repeat, so that none is certain. */
function unknownKey(table: Table, { schema }: Scene): string | null {
  const columns = primaryKey(table);
  if (!columns.some((column) => hasManyValues(column))) return null;
  return columns.map((column) => encodeURIComponent(String(unknownValue(column, schema)))).join('/');
}

/** As for a unique column: nothing out of a short list of usual words. */
function unknownValue(column: Column, schema: Schema): unknown {
  return sampleValue({ ...column, unique: true }, schema, UNKNOWN_SEED);
}

function hasManyValues({ type, check }: Column): boolean {
  const parsed = parseColumnType(type);
  if (!parsed || parsed.array || check) return false;
  return parsed.kind === 'uuid' || parsed.kind === 'bigint' || (parsed.kind === 'text' && (parsed.args[0] ?? 99) >= 12);
}

/** A body whose first required parent does not exist. */
function orphanInput(table: Table, body: Record<string, unknown>, { schema }: Scene): Record<string, unknown> | null {
  const overlaps = (name: string) => parentLinks(table).filter((link) => link.columns.includes(name)).length > 1;
  const column = table.columns.find(
    ({ name, references }) =>
      references && references.table !== table.name && Object.hasOwn(body, name) && !overlaps(name),
  );
  if (!column || !hasManyValues(column)) return null;
  return { ...body, [column.name]: unknownValue(column, schema) };
}

/** Would the same body a second time break a key? A key with a null in it, or one the server fills in, would not. */
function isUniqueInput(table: Table, { input }: SampleRow): boolean {
  const plain = new Set(inputFields(table).flatMap((field) => (field.hashed ? [] : [field.column.name])));
  const single = table.columns.filter((column) => column.unique).map((column) => [column.name]);
  const keys = [primaryKey(table).map((column) => column.name), ...single, ...table.uniques];
  return keys.some((key) => key.length > 0 && key.every((name) => plain.has(name) && (input[name] ?? null) !== null));
}
