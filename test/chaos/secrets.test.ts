import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { borrowMetadata, releaseMetadata } from '../support/provisioning.ts';
import { secretsServices } from '../support/secrets-project.ts';
import {
  forgetValues,
  playKeyChange,
  playNaively,
  playRotation,
  pointsOfRotation,
  type Scene,
  storeValues,
} from './secrets-rounds.ts';
import { type SecretsRunner, secretsRunner } from './secrets-run.ts';

/** The short version of `npm run chaos:secrets`. */
const server = inject('cluster');
const metadata = borrowMetadata();
const services = secretsServices(server, metadata);
let children: SecretsRunner;
let scene: Scene;

beforeAll(async () => {
  await services.state.listDatabases();
  children = await secretsRunner(server, metadata);
  scene = { server, ...metadata, services, children };
});
afterAll(async () => {
  children.close();
  await releaseMetadata(server, metadata, services);
});

test('a change of passwords that is killed at any point is finished by the same command', async () => {
  const points = await pointsOfRotation(scene);
  const telling = ['new-passwords', 'after:create-roles', 'before:settle', 'settled', 'after:files', 'after:server'];
  expect(points).toEqual(expect.arrayContaining(telling));
  for (let at = 0; at < telling.length; at += 2) {
    const pair = telling.slice(at, at + 2).map((killAt) => playRotation(scene, [{ killAt }]));
    expect(await Promise.all(pair)).toEqual(pair.map(() => ({ killed: true, faults: [] })));
  }
});

test('a change in the order one writes first loses passwords: the measure can tell', async () => {
  const { killed, faults } = await playNaively(scene, { killAt: 'altered:app' });
  expect([killed, faults]).toEqual([true, expect.arrayContaining([expect.stringContaining('app')])]);
});

test('a change of the key that is killed leaves everything readable, and is finished by the same command', async () => {
  const stored = await storeValues(scene, 2);
  for (const killAt of ['next-key', 'value:7', 'before:retire']) {
    expect([killAt, await playKeyChange(scene, stored, { killAt })]).toEqual([killAt, { killed: true, faults: [] }]);
  }
  const keys = { nextMasterKey: 'correct horse battery staple' };
  expect(await playKeyChange(scene, stored, { killAt: 'resealed' }, keys)).toEqual({ killed: true, faults: [] });
  await forgetValues(scene, stored);
});
