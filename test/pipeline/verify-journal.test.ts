import { expect, test } from 'vitest';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { withJournal } from '../../src/pipeline/verify-journal.ts';
import type { Http } from '../../src/ports/http.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

const id = { name: 'id', type: 'varchar', primaryKey: true, default: { generate: 'id' as const } };
const schema = parseSchema({ version: 1, tables: [{ name: 'posts', columns: [id, { name: 'title', type: 'text' }] }] });
const url = 'http://127.0.0.1:1';

/** A backend with one table, that can be told to die after it has stored a row. */
function backend() {
  const rows = new Map<string, { id: string; title: string }>();
  const state = { diesAfterStoring: false };
  const answer = (status: number, body: unknown, headers = {}) => ({ status, headers, body: JSON.stringify(body) });
  const http: Http = {
    async request(method, address, options = {}) {
      const { pathname, searchParams } = new URL(address);
      const key = pathname.split('/')[2] ?? '';
      if (method === 'POST') {
        const row = { id: `row${rows.size + 1}`, ...JSON.parse(options.body ?? '{}') };
        if (row.title === '') return answer(400, {});
        rows.set(row.id, row);
        if (state.diesAfterStoring) throw new Error('killed');
        return answer(201, row, { location: `/posts/${row.id}` });
      }
      if (method === 'DELETE') return answer(rows.delete(key) ? 204 : 404, null);
      const offset = Number(searchParams.get('offset'));
      return answer(200, { data: [...rows.values()].slice(offset, offset + 100) });
    },
  };
  return { rows, state, http };
}

const post = (http: Http, title: string) =>
  http.request('POST', `${url}/posts`, { body: JSON.stringify({ title }), headers: {} });

test('rows of a verification that was killed are taken away by the next one, and no others', () =>
  withTemporaryFolder(async (directory) => {
    const { rows, state, http } = backend();
    rows.set('mine', { id: 'mine', title: 'of a person' });
    const services = { workspace: localWorkspace(), http };
    const killed = withJournal({ directory, url, schema }, services, async (keeping) => {
      await post(keeping, 'sample 1');
      await post(keeping, '');
      // The row is stored, but the process does not live to see its address.
      state.diesAfterStoring = true;
      await post(keeping, 'sample 2');
    });
    await expect(killed).rejects.toThrow('killed');
    expect([...rows.values()].map((row) => row.title)).toEqual(['of a person', 'sample 1', 'sample 2']);
    state.diesAfterStoring = false;
    await withJournal({ directory, url, schema }, services, async () => {});
    expect([...rows.keys()]).toEqual(['mine']);
    expect(await services.workspace.read(directory, '.turbobackend/verify.json')).toBeNull();
  }));

test('a row that is not the only one of its kind may be somebody’s, and stays', () =>
  withTemporaryFolder(async (directory) => {
    const { rows, state, http } = backend();
    rows.set('mine', { id: 'mine', title: 'same' });
    const services = { workspace: localWorkspace(), http };
    state.diesAfterStoring = true;
    await expect(
      withJournal({ directory, url, schema }, services, (keeping) => post(keeping, 'same')),
    ).rejects.toThrow();
    await withJournal({ directory, url, schema }, services, async () => {});
    expect(rows.size).toBe(2);
  }));

test('a journal that was tampered with deletes nothing outside of the backend', () =>
  withTemporaryFolder(async (directory) => {
    const { rows, http } = backend();
    rows.set('mine', { id: 'mine', title: 'of a person' });
    const workspace = localWorkspace();
    const asked: string[] = [];
    const watched: Http = {
      request(method, address, options) {
        asked.push(address);
        return http.request(method, address, options);
      },
    };
    const evil = [
      { path: '', body: '', location: '@evil.example/x' },
      { location: 7 },
      '{',
      { path: '//evil', body: '', location: null },
    ];
    await workspace.write(directory, '.turbobackend/verify.json', JSON.stringify(evil));
    await withJournal({ directory, url, schema }, { workspace, http: watched }, async () => {});
    expect(asked).toEqual([]);
    expect(rows.size).toBe(1);
  }));
