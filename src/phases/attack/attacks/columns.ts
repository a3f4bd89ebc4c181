import { profileColumns } from '../../../domain/access.ts';
import { parseColumnType } from '../../../domain/column-type.ts';
import { embeddings } from '../../../domain/embedding.ts';
import { isServerMade, outputColumns, resourcePath } from '../../../domain/rest.ts';
import type { Column, Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Shot } from '../reply.ts';
import type { Scene } from '../scene.ts';

/** Columns that never leave the server, asked for in every way a list or a row can be asked. */
export async function askForSensitive(scene: Scene): Promise<void> {
  await each(scene.stock.tables, async (table) => {
    const sensitive = table.columns.filter((column) => column.sensitive);
    await each(sensitive, (column) => askFor(table, column, scene));
    await Promise.all([wildcards(table, scene), throughRelations(table, scene)]);
  });
}

async function askFor(table: Table, { name, type }: Column, { stock, people, fire, report }: Scene): Promise<void> {
  const as = people?.cast.attacker ?? null;
  const path = resourcePath(table);
  const specimen = await stock.row(table, as);
  const isText = parseColumnType(type)?.kind === 'text';
  const queries = [
    `fields=${name}`,
    `fields=${name},${outputColumns(table)[0]?.name ?? name}`,
    `sort=${name}`,
    `sort=-${name}`,
    `${name}=x`,
    `${name}[ne]=x`,
    `${name}[gt]=`,
    `${name}[in]=x,y`,
    `${name}[null]=false`,
    ...(isText ? [`${name}[like]=%25`] : []),
    `include=${name}`,
  ];
  const shots: Shot[] = queries.map((query) => ({ method: 'GET', path: `${path}?${query}`, as }));
  if (specimen) shots.push({ method: 'GET', path: `${specimen.path}?fields=${name}`, as });
  await each(shots, async (shot) => {
    const reply = await fire(shot);
    if (!reply.isGood) return;
    report('sensitive-compared', `GET ${path} ${name}`, `${shot.path.split('?')[1]} was accepted.`, reply);
  });
}

/** The same columns, and of accounts all that is not of their profile, by the names of relations. */
async function throughRelations(table: Table, scene: Scene): Promise<void> {
  const { schema, people, isFull, chance, fire, report } = scene;
  const as = people?.cast.attacker ?? null;
  const path = resourcePath(table);
  const shown = new Set(profileColumns(schema).map(({ name }) => name));
  await each(embeddings(table, schema), async ({ name, table: other }) => {
    const columns = schema.tables.find((candidate) => candidate.name === other)?.columns ?? [];
    const isAccount = people?.table.name === other;
    const hidden = columns.filter((column) => column.sensitive || (isAccount && !shown.has(column.name)));
    const queries = hidden.flatMap((column) => {
      const inner = `${name}.${column.name}`;
      return [
        `sort=${inner}`,
        `${inner}=x`,
        `${name}[${column.name}]=x`,
        `include=${inner}`,
        `include=${name}&fields=${inner}`,
        `include=${name}(${column.name})`,
      ];
    });
    await each(isFull ? queries : chance.sample(queries, 1), async (query) => {
      const reply = await fire({ method: 'GET', path: `${path}?${query}`, as, where: `GET ${path} ${name}` });
      if (reply.isGood) report('sensitive-compared', `GET ${path} ${name}`, `${query} was accepted.`, reply);
    });
  });
}

/** `%` is no value of any row of ours. */
async function wildcards(table: Table, { people, isFull, chance, fire, report }: Scene): Promise<void> {
  const as = people?.cast.attacker ?? null;
  const path = resourcePath(table);
  const texts = outputColumns(table).filter((column) => {
    const type = parseColumnType(column.type);
    return type?.kind === 'text' && type.base !== 'char' && !type.array && !isServerMade(column);
  });
  await each(isFull ? texts : chance.sample(texts, 2), async ({ name }) => {
    const reply = await fire({ method: 'GET', path: `${path}?${name}=%25&limit=1`, as });
    const hit = reply.rows().find((row) => row[name] !== '%' && row[name] !== undefined);
    if (hit) report('wildcards-open', `GET ${path} ?${name}`, '% found a row that is not called so.', reply);
  });
}
