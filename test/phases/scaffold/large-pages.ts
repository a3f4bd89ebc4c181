import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ProjectDatabase } from '../../support/project-database.ts';

type Row = Readonly<Record<string, unknown>>;

interface Backend {
  ask(path: string): Promise<{ readonly status: number; readonly body: Row }>;
  readonly database: ProjectDatabase;
  readonly processId: number;
}

const MEGABYTE = 1024 * 1024;
const MAX_PAGE = 8 * MEGABYTE;

/** Lists of rows that are too large to be answered together, in the tables of a blog. */
export function describeLargePages(backend: () => Backend): void {
  describe('rows that are too large for one page', () => {
    /** Posts of one author, each of so many bytes. */
    async function write(author: string, sizes: readonly number[]): Promise<string[]> {
      const { database } = backend();
      await database.admin('INSERT INTO app.users VALUES ($1, $2, $3, $4, 0, 0)', [
        author,
        `${author}@x.org`,
        author,
        'x',
      ]);
      const ids = sizes.map((_, at) => `${author}-${String(at).padStart(3, '0')}`);
      await database.admin(
        `INSERT INTO app.posts (id, author_id, title, slug, body, status, views, created_at, updated_at)
         SELECT id, $1, id, id, repeat('x', size), 'draft', 0, 9000000000 + at, 0
         FROM unnest($2::text[], $3::int[]) WITH ORDINALITY AS _ (id, size, at)`,
        [author, ids, sizes],
      );
      return ids;
    }

    function rows(value: unknown): readonly Row[] {
      if (!Array.isArray(value)) throw new Error('no list');
      return value;
    }

    /** All pages of a list, one after the other. */
    async function pages(path: string): Promise<{ ids: unknown[][]; longest: number }> {
      const ids: unknown[][] = [];
      let longest = 0;
      for (let cursor: unknown = ''; cursor !== null; ) {
        const { status, body } = await backend().ask(`${path}&cursor=${String(cursor)}`);
        expect(status).toBe(200);
        longest = Math.max(longest, JSON.stringify(body).length);
        ids.push(rows(body.data).map((row) => row.id ?? row.post_id));
        cursor = body.nextCursor;
      }
      return { ids, longest };
    }

    let many: string[] = [];
    let huge: string[] = [];

    beforeAll(async () => {
      many = await write('many', Array<number>(30).fill(MEGABYTE));
      huge = await write('huge', [10, 9 * MEGABYTE, 9 * MEGABYTE, 20]);
    });

    test.each(['/posts?sort=created_at&author_id=many&limit=100', '/users/many/posts?limit=100'])(
      '%s comes in more pages than asked for, without a gap',
      async (path) => {
        const { ids, longest } = await pages(path);
        expect(ids.flat()).toEqual(many);
        expect(ids.map((page) => page.length)).toEqual([7, 7, 7, 7, 2]);
        expect(longest).toBeLessThan(MAX_PAGE);
      },
    );

    test('the usual list does, too, and a row that is too large alone comes alone', async () => {
      const first = await backend().ask('/posts?limit=1');
      expect(rows(first.body.data)).toHaveLength(1);
      const { ids } = await pages('/posts?limit=100');
      expect(ids.flat().filter((id) => /^(?:many|huge)-/.test(String(id)))).toEqual([...many, ...huge].sort(byTime));
      const alone = ids.filter((page) => page.some((id) => id === huge[1] || id === huge[2]));
      expect(alone.map((page) => page.length)).toEqual([1, 1]);
    });

    function byTime(one: string, other: string): number {
      return Number(one.slice(-3)) - Number(other.slice(-3)) || one.localeCompare(other);
    }

    test('a page is as long as ever when its rows fit', async () => {
      const { body } = await backend().ask('/posts?fields=id&sort=created_at&author_id=many&limit=100');
      expect(rows(body.data)).toHaveLength(30);
      expect(body.nextCursor).toBeNull();
    });

    test('what belongs to rows is cut with them, and the rest is to be had with the cursors', async () => {
      const { ids, longest } = await pages('/users?include=posts&id[in]=huge,many,nobody&sort=id');
      expect(ids).toEqual([['huge'], ['many']]);
      // One row that is too large for itself.
      expect(longest).toBeLessThan(2 * 9 * MEGABYTE);
      const { body } = await backend().ask('/users?include=posts&id=many');
      const [user] = rows(body.data);
      expect(user?.posts).toMatchObject({ nextCursor: expect.any(String) });
      const one = await backend().ask('/users/many?include=posts&fields=id');
      const posts: Row = Object(one.body.posts);
      const seen = rows(posts.data).map(({ id }) => id);
      expect(seen).toEqual(many.slice(0, seen.length));
      expect(seen.length).toBeGreaterThan(5);
      const next = await backend().ask(`/users/many/posts?fields=id&cursor=${String(posts.nextCursor)}`);
      expect(rows(next.body.data)[0]?.id).toBe(many[seen.length]);
    });

    test('one large row that many refer to is not written more often than fits', async () => {
      const { database } = backend();
      await database.admin(
        `INSERT INTO app.tags SELECT 'large-' || n, 'large-' || n FROM generate_series(10, 39) AS n`,
      );
      await database.admin(
        `INSERT INTO app.post_tags SELECT 'many-000', 'large-' || n FROM generate_series(10, 39) AS n`,
      );
      const { ids, longest } = await pages('/post-tags?include=post&post_id=many-000&limit=100');
      expect(ids.map((page) => page.length)).toEqual([7, 7, 7, 7, 2]);
      expect(longest).toBeLessThan(MAX_PAGE);
    });

    test('twenty users with all they wrote do not take the memory of it', async () => {
      await Promise.all(Array.from({ length: 8 }, (_, n) => write(`writer-${n}`, Array<number>(20).fill(MEGABYTE))));
      const { ids } = await pages('/users?include=posts&limit=100&id[like]=writer-%25');
      expect(ids.flat()).toEqual(Array.from({ length: 8 }, (_, n) => `writer-${n}`));
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${backend().processId}/status`, 'utf8'))?.[1];
      expect(Number(peak) / 1024).toBeLessThan(400);
    });
  });
}
