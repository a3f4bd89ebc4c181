import { describe, expect, test } from 'vitest';
import type { ProjectDatabase } from '../../support/project-database.ts';

interface Backend {
  ask(path: string): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>;
  readonly database: ProjectDatabase;
}

const ODD_TEXTS = [
  '',
  ' ',
  '"',
  '\\',
  '\\"',
  'line\nbreak\r\ttab',
  '\u0001\u001f\u007f\u0080',
  'grüße 日本語 🚲 e\u0301',
  '\u2028\u2029',
  '</script>',
  'x'.repeat(41),
  `${'y'.repeat(20_000)}"`,
  'ü'.repeat(9000),
];

/** A list is written as JSON in another way than a single row: both must say the same, whatever the values are. */
export function describeJsonPages(backend: () => Backend): void {
  describe('the rows of a list', () => {
    async function expectSame(table: string, path: string, keys: readonly unknown[]): Promise<void> {
      const { body } = await backend().ask(`/${path}?limit=100`);
      const rows = body.data;
      if (!Array.isArray(rows)) throw new Error(`no list of ${table}`);
      expect(rows.map((row) => row.k ?? row.id)).toEqual(keys);
      for (const row of rows) {
        const single = await backend().ask(`/${path}/${encodeURIComponent(String(row.k ?? row.id))}`);
        expect(single).toMatchObject({ status: 200, body: row });
        expect(Object.keys(row)).toEqual(Object.keys(single.body));
      }
    }

    test('are those that are read one by one, for every text', async () => {
      const { database } = backend();
      const keys = ODD_TEXTS.map((_, at) => `k${String(at).padStart(2, '0')}`);
      await database.admin('INSERT INTO app.k_text SELECT * FROM unnest($1::text[], $2::text[])', [keys, ODD_TEXTS]);
      await expectSame('k_text', 'k-text', keys);
      const { body } = await backend().ask('/k-text?limit=100');
      expect(body.data).toEqual(keys.map((k, at) => ({ k, v: ODD_TEXTS[at] })));
      await database.admin('DELETE FROM app.k_text WHERE k = ANY ($1)', [keys]);
    });

    test('are those that are read one by one, when they are empty, large or not finite', async () => {
      const { database } = backend();
      const rows = [
        ['0', 'NaN', '9007199254740993', '[1, {"a": "\\t-\\""}]', 'infinity', ''],
        ['1', '-Infinity', '-9223372036854775808', '{}', '2026-01-31 10:00:00.5+02', '\\x00ff'],
      ] as const;
      for (const [id, d, bi, j, tz, by] of rows) {
        await database.admin(
          `INSERT INTO app.lists SELECT $1::bigint, '{NULL,"a\\"b"}', '{}', '{1}', '{}', ARRAY[$3::bigint], '{1.50}', '{1e30}',
             ARRAY[$2::float8, NULL], '{t,f}', '{}', '{}', '{}', ARRAY[$5::timestamptz], '{}', '{}', ARRAY[$4::json],
             NULL, ARRAY[$6::bytea], '{10.0.0.1}', '{ab}'`,
          [id, d, bi, j, tz, by],
        );
      }
      await expectSame('lists', 'lists', [0, 1]);
      await database.admin('DELETE FROM app.lists WHERE id IN (0, 1)');
    });
  });
}
