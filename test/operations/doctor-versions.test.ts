import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { diagnose, mend } from '../../src/operations/doctor.ts';
import { openPractice, type Practice } from '../support/doctor.ts';

let practice: Practice;

beforeAll(async () => {
  practice = await openPractice(inject('cluster'));
});
afterAll(() => practice.close());

test('rows kept for projects that were destroyed are found and removed, those of projects nobody knows are not', async () => {
  const { app, hands } = practice;
  const [gone, unknown] = [app.ids.projectId(), app.ids.projectId()];
  for (const projectId of [gone, unknown])
    await app.archive.write({ projectId, folder: '1-before-x' }, 'rows.gz', ['a\n']);
  await app.state.recordActivity({ projectId: gone, action: 'destroyed', details: { name: 'gone' } });
  const about = (id: string) => diagnose(hands, app).then((all) => all.filter(({ detail }) => detail.includes(id)));
  expect(await about(gone)).toMatchObject([{ ok: false, fix: 'turbobackend doctor --fix' }]);
  expect(await about(unknown)).toMatchObject([{ ok: true }]);
  await mend(hands, app);
  expect((await app.archive.list()).map(({ projectId }) => projectId)).toEqual([unknown]);
});
