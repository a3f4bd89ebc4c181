import { expect, test } from 'vitest';
import { TurboError } from '../../../src/domain/errors.ts';
import { lendMetadata } from '../../support/model-service.ts';

const metadata = lendMetadata();
const project = (id: string) => ({
  id: id.padEnd(16, '0'),
  name: 'blog',
  request: 'blog API',
  directory: `/p/${id}`,
  createdAt: 1000,
});
const wish = (id: string, place: string) => ({ projectId: id.padEnd(16, '0'), remote: 'fly' as const, place });

test('what is wished is there once it is settled, and gone when nothing is left', async () => {
  const state = metadata.open();
  await state.claimProject(project('remote1'));
  const place = wish('remote1', 'blog-1');
  await state.wishRemote({ ...place, details: { region: 'fra', wish: '{}' } });
  expect(await state.listRemotes(place.projectId)).toMatchObject([
    { ...place, status: 'wished', details: { region: 'fra' } },
  ]);
  await state.settleRemote({ ...place, details: { url: 'https://blog-1' } });
  // Wishing again for what is there adds to what is known, and takes nothing back.
  await state.wishRemote({ ...place, details: { region: 'ams' } });
  expect(await state.listRemotes(place.projectId)).toMatchObject([
    { status: 'there', details: { region: 'ams', wish: '{}', url: 'https://blog-1' } },
  ]);
  await state.forgetRemote(place);
  await state.forgetRemote(place);
  expect(await state.listRemotes(place.projectId)).toEqual([]);
});

test('nothing is wished for a project that is being destroyed, or was, and what it has outlives its row', async () => {
  const state = metadata.open();
  await state.claimProject(project('remote2'));
  const place = wish('remote2', 'blog-2');
  await state.wishRemote({ ...place, details: {} });
  await state.setProjectStatus(place.projectId, 'destroying');
  const refused = async () => {
    const error = await state.wishRemote({ ...place, place: 'other', details: {} }).catch((reason: unknown) => reason);
    return error instanceof TurboError ? error.code : error;
  };
  expect(await refused()).toBe('project.not_found');
  await state.deleteProject(place.projectId);
  expect(await refused()).toBe('project.not_found');
  expect((await state.listRemotes()).map(({ place: name }) => name)).toContain('blog-2');
  await state.forgetRemote(place);
});

test('twenty wishes for one place at once are one', async () => {
  const state = metadata.open();
  await state.claimProject(project('remote3'));
  const place = wish('remote3', 'blog-3');
  await Promise.all(Array.from({ length: 20 }, () => state.wishRemote({ ...place, details: {} })));
  expect(await state.listRemotes(place.projectId)).toHaveLength(1);
});
