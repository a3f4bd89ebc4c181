import { expect, test } from 'vitest';
import { ajvContract } from '../../../src/adapters/contract/ajv/ajv-contract.ts';
import { readSeen, unfitAnswers, workingToken } from '../../../src/phases/write-endpoints/seen-answers.ts';
import { readDocument } from '../../support/contract-backend.ts';

const check = await ajvContract().open(await readDocument('falconry.yaml'), { isGiven: true });
const PLAN = {
  ...{ name: 'operations/compareFalcons', method: 'GET' as const, path: '/v1/comparisons/{one}/{other}' },
  ...{ purpose: '', inputs: '', answers: '' },
};

const line = (path: string, status: number, body: unknown, authorization: string | null = null) =>
  JSON.stringify({
    ...{ method: 'GET', path, status, authorization, body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json' },
  });
const GOOD = line('/v1/comparisons/1/2?unit=g', 200, { difference: 1, unit: 'g' });

test('answers as the document describes them are fit', () => {
  const seen = readSeen([GOOD, line('/v1/comparisons/1/9', 404, { message: 'None.' })].join('\n'));
  expect(unfitAnswers(PLAN, seen, check)).toEqual([]);
});

test('a test that sees no success, or that of another operation, proves nothing', () => {
  const seen = readSeen([line('/v1/falcons/1', 200, {}), line('/v1/comparisons/1/9', 404, { message: '' })].join('\n'));
  expect(unfitAnswers(PLAN, seen, check)).toEqual(['The test sees no answer of success of this operation.']);
});

test('one answer that is something else is told, also beside good ones', () => {
  const bad = line('/v1/comparisons/3/4', 200, { difference: 'much', unit: 'g' });
  const undescribed = line('/v1/comparisons/3/5', 206, {});
  const told = unfitAnswers(PLAN, readSeen([GOOD, bad, bad, undescribed].join('\n')), check);
  expect(told).toEqual([
    expect.stringMatching(/difference must be number/),
    expect.stringMatching(/does not have this status/),
  ]);
});

test('what is no record of an answer is left out', () => {
  const odd = ['', 'x', 'null', '[]', '7', '{"method":"GET"}', '{"method":1,"path":"/","body":""}', GOOD];
  expect(readSeen(odd.join('\n'))).toHaveLength(1);
});

test('attacks come with a token that worked, and with none that did not', () => {
  const path = '/v1/comparisons/1/2';
  const lines = [line(path, 401, {}, 'Bearer bad'), line('/v1/weights', 200, {}, 'Bearer other'), GOOD];
  expect(workingToken(PLAN, readSeen(lines.join('\n')))).toBeNull();
  const worked = line(path, 200, {}, 'Token good.one');
  expect(workingToken(PLAN, readSeen([...lines, worked].join('\n')))).toBe('good.one');
});
