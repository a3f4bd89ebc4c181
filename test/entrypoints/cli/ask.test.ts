import { expect, test } from 'vitest';
import { terminalAsk } from '../../../src/entrypoints/cli/ask.ts';

/** Where nobody can be asked; typing at a terminal is tried on a real one, in test/e2e. */
const ask = (yes: boolean) => terminalAsk({ interactive: false, yes, pause: () => {} });

const cases: readonly [
  name: string,
  given: { yes: boolean; confirmed?: string; strict?: boolean },
  refusedWith: string | null,
][] = [
  ['silence', { yes: false }, '--yes'],
  ['silence, for production', { yes: false, strict: true }, '--confirm'],
  ['--yes', { yes: true }, null],
  ['--yes, for production', { yes: true, strict: true }, '--confirm'],
  ['the name', { yes: false, confirmed: 'my shop' }, null],
  ['the name, for production', { yes: false, confirmed: 'my shop', strict: true }, null],
  ['another name', { yes: false, confirmed: 'my shops' }, '--yes'],
  ['another name with --yes', { yes: true, confirmed: 'my shops' }, '--yes'],
  ['another name with --yes, for production', { yes: true, confirmed: 'My shop', strict: true }, '--confirm'],
  ['an empty name', { yes: true, confirmed: '', strict: true }, '--confirm'],
];

test.each(cases)('%s', async (_name, { yes, ...options }, refusedWith) => {
  const answer = ask(yes).confirmByTyping('This drops it.', 'my shop', options);
  if (refusedWith === null) await expect(answer).resolves.toBeUndefined();
  else {
    await expect(answer).rejects.toMatchObject({ code: 'confirm.needed', hint: expect.stringContaining(refusedWith) });
  }
});

test('the flag in the hint can be typed as it stands', async () => {
  const refused = ask(false).confirmByTyping('This drops it.', "it's mine", { strict: true });
  await expect(refused).rejects.toMatchObject({ hint: "Add --confirm 'it'\\''s mine' to do it." });
});
