// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code that is put in has template strings of its own.
import type { Hole } from '../holed-twin.ts';

const title = /SQL can be injected/;
const LIST_SQL = 'server/lib/list-sql.ts';
const PLACE = 'const place = parameters.add(parameter(value));';
/** Lists that only have a place go the long way too. */
const NOTHING_IS_PLAIN = {
  path: 'server/lib/lists.ts',
  from: /function isPlain\([^)]*\): boolean \{\n/,
  to: '$&  if (Date.now() > 0) return false;\n',
};

/** Values and names written into statements. */
export const SQL_HOLES: readonly Hole[] = [
  {
    name: 'a filter is put into the text of the statement',
    schema: 'blog',
    attack: 'injection',
    edits: [
      {
        path: LIST_SQL,
        from: PLACE,
        to: `if (sql === 'slug' && operator === 'eq') return \`slug = '\${value}'\`;\n  ${PLACE}`,
      },
    ],
    finds: { title, where: /^GET \/posts \?slug$/ },
  },
  {
    name: 'LIKE is put into the text of the statement',
    schema: 'blog',
    attack: 'injection',
    edits: [
      {
        path: LIST_SQL,
        from: PLACE,
        to: `if (operator === 'like') return \`\${sql} like '\${value}'\`;\n  ${PLACE}`,
      },
    ],
    finds: { title, where: /^GET \/posts \?title\[like\]$/ },
  },
  {
    name: 'a number is put into the text of the statement',
    schema: 'blog',
    attack: 'injection',
    edits: [
      {
        path: 'server/schemas/posts.ts',
        from: /views: column\.ordered\([\s\S]*?\),\n {2}created_at/,
        to: "views: column.text('views', value.text()),\n  created_at",
      },
      {
        path: LIST_SQL,
        from: PLACE,
        to: `if (sql === 'views') return \`views \${COMPARISONS[operator]} \${value}\`;\n  ${PLACE}`,
      },
    ],
    finds: { title, where: /^GET \/posts \?views/ },
  },
  {
    name: 'sort takes any expression',
    schema: 'blog',
    attack: 'injection',
    edits: [
      {
        path: 'server/lib/list-query.ts',
        from: "if (!column) report('sort', `cannot be by ${name}`);",
        to: "if (!column) keys.push({ name, descending, column: { sql: name, nullable: false, operators: ['eq'], parameter: (given: unknown) => given } as unknown as Column });",
      },
    ],
    finds: { title, where: /\?sort$/ },
  },
  {
    name: 'fields take any expression',
    schema: 'blog',
    attack: 'injection',
    edits: [
      { path: LIST_SQL, from: 'collection.columns[name]?.sql)', to: 'collection.columns[name]?.sql ?? name)' },
      {
        path: 'server/lib/list-query.ts',
        from: "report('fields', `cannot have ${name || 'nothing'}`);",
        to: 'report;',
      },
    ],
    finds: { title, where: /\?fields$/ },
  },
  {
    name: 'the key in the path is put into the text of the statement',
    schema: 'blog',
    attack: 'injection',
    edits: [
      {
        path: 'server/data/tags.ts',
        from: 'return readRow(FIND, [key.id]);',
        to: "return readRow({ name: '', text: FIND.text.replace('$1', () => `'${key.id}'`) }, []);",
      },
    ],
    finds: { title, where: /^GET \/tags\/\{key\}$/ },
  },
  {
    name: 'limit is put into the text of the statement',
    schema: 'blog',
    attack: 'injection',
    edits: [
      NOTHING_IS_PLAIN,
      { path: LIST_SQL, from: '`limit ${parameters.add(limit + 1)}`', to: '`limit ${limit}`' },
      {
        path: 'server/lib/list-query.ts',
        from: /(const number = Number\(given\);\n)[\s\S]*?return number;/,
        to: "$1  return (name === 'limit' ? given : number) as number;",
      },
    ],
    finds: { title, where: /\?limit$/ },
    isAlone: true,
  },
  {
    name: 'the values of a cursor are put into the text of the statement',
    schema: 'blog',
    attack: 'injection',
    edits: [
      NOTHING_IS_PLAIN,
      {
        path: LIST_SQL,
        from: 'value === null ? null : parameters.add(column.parameter(value))',
        to: "value === null ? null : `'${value}'`",
      },
    ],
    finds: { title, where: /\?cursor \(its values\)/ },
  },
  {
    name: 'an idempotency key is put into the text of a statement',
    schema: 'blog',
    attack: 'injection',
    edits: [
      {
        path: 'server/lib/idempotency.ts',
        from: 'readonly keyHash: Buffer;',
        to: 'readonly keyHash: Buffer;\n  readonly raw?: string;',
      },
      { path: 'server/lib/idempotency.ts', from: /return \{\n(\s+)keyHash:/, to: 'return {\n$1raw: key,\n$1keyHash:' },
      {
        path: 'server/lib/idempotency.ts',
        from: '{ keyHash, fingerprint, seal }: Once,',
        to: '{ keyHash, fingerprint, seal, raw }: Once,',
      },
      {
        path: 'server/lib/idempotency.ts',
        from: /const claimed = await run\(/,
        to: "await run({ name: '', text: `select 1 where '${raw}' <> ''` }, []);\n    const claimed = await run(",
      },
    ],
    finds: { title, where: /idempotency-key$/ },
  },
  {
    name: 'a stored text is put into the text of a statement',
    schema: 'blog',
    attack: 'injection',
    edits: [
      {
        path: 'server/data/posts.ts',
        from: 'return writeRow(UPDATE, [',
        to: "void readRow({ name: '', text: `select 1 where '${patch.title}' <> ''` }, []);\n  return writeRow(UPDATE, [",
      },
      { path: 'server/data/posts.ts', from: 'void readRow({', to: 'if (patch.title) await readRow({' },
      { path: 'server/data/posts.ts', from: 'export function update(', to: 'export async function update(' },
    ],
    finds: { title, where: /^PATCH \/posts\/\{key\} title$/ },
  },
  {
    name: 'a filter by SQL, and rights on a table of others',
    schema: 'blog',
    attack: 'injection',
    edits: [
      {
        path: LIST_SQL,
        from: PLACE,
        to: `if (sql === 'slug' && operator === 'eq') return \`slug = '\${value}'\`;\n  ${PLACE}`,
      },
    ],
    sql: 'GRANT USAGE ON SCHEMA tb TO PUBLIC; GRANT SELECT ON tb.planted TO PUBLIC',
    finds: { title: /A table of others can be read/, where: /^GET \/posts \?slug$/ },
    isAlone: true,
  },
  {
    name: 'equal is like',
    schema: 'blog',
    attack: 'sensitive-columns',
    edits: [{ path: LIST_SQL, from: "eq: '=',", to: "eq: 'like'," }],
    finds: { title: /A plain comparison obeys wildcards/, where: /\?(?:name|title|slug)$/ },
  },
  {
    name: 'writing touches a table of others',
    schema: 'blog',
    attack: 'mass-assignment',
    edits: [{ path: 'README.md', from: /$/, to: ' ' }],
    sql: `CREATE TABLE tb.others (id int); GRANT USAGE ON SCHEMA tb TO PUBLIC;
      CREATE FUNCTION tb.spread() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO tb.others VALUES (1); RETURN NEW; END';
      GRANT EXECUTE ON FUNCTION tb.spread() TO PUBLIC;
      CREATE TRIGGER spread AFTER INSERT ON app.tags FOR EACH ROW EXECUTE FUNCTION tb.spread()`,
    finds: { title: /Rows outside the API changed/, where: /^tb\.others$/ },
  },
];
