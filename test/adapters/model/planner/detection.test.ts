import { expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import { shippedLexicon } from '../../../support/planner.ts';

const stores = [
  'blog API',
  'track my llamas',
  'a calculator that remembers all results of each user',
  'unit converter that keeps a history of conversions',
  'password manager',
  'markdown notes app',
  'recipe converter with saved recipes',
  'crud for bananas',
  'quiz app with leaderboard',
  'QR codes for our event tickets, each scanned once at the door',
  'currency wallet with transactions',
  'proxy that logs every request to look at later, keep the log for a year',
];

const stateless = [
  'convert celsius to fahrenheit',
  'a service that resizes images',
  'hello world endpoint',
  'stateless todo list parser',
  'a service that adds two numbers',
  'an endpoint which multiplies matrices',
  'addition and subtraction of whole numbers',
  'BMI calculator',
  'generate a PDF from HTML, nothing is stored',
  'proxy in front of the GitHub API',
  'validate credit card numbers with the Luhn check',
  'roll a dice',
  'un service qui calcule la TVA',
  'reads the queue length live from the broker on each request',
  'returns a hardcoded list of products',
  'slugify a title',
  'uuid generator',
  'weather for a city, no database',
  'word count of the text I post',
];

test.each([...stores.map((text) => [text, true] as const), ...stateless.map((text) => [text, false] as const)])(
  '%j needs a database: %s',
  async (text, needsDatabase) => {
    const model = planner({ lexicon: await shippedLexicon() });
    const decision = await model.detect({ text });
    expect(decision).toMatchObject({ needsDatabase, decidedBy: 'planner', costUsd: 0 });
    expect(decision.reason).toMatch(/^[A-Z].*\.$/);
  },
);

test('in doubt the confidence is that of a coin', async () => {
  const model = planner({ lexicon: await shippedLexicon() });
  expect((await model.detect({ text: 'qwertz' })).confidence).toBe(0.5);
  expect((await model.detect({ text: 'shop with products, orders and customer accounts' })).confidence).toBeGreaterThan(
    0.85,
  );
});
