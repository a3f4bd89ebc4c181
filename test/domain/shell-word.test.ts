import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../../src/domain/shell-word.ts';

test.each(['/home/ann/blog-api', 'Büro – mein Projekt', "it's", '$(id)', 'a;b', '', '~/x', 'a\nb', '"', '-n'])(
  'a shell takes %j for one word, as it is',
  (word) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`, 'sh'], { encoding: 'utf8' })).toBe(word);
  },
);

test('a plain path is shown as people write it', () => {
  expect(shellWord('/home/ann/blog-api')).toBe('/home/ann/blog-api');
});
