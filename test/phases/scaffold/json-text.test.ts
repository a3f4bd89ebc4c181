import { expect, test } from 'vitest';
import { JsonText } from '../../../templates/project/database/server/lib/json-text.ts';

function written(...texts: readonly string[]): JsonText {
  const json = new JsonText();
  for (const text of texts) {
    const bytes = Buffer.from(text);
    json.string(bytes, 0, bytes.length);
  }
  return json;
}

test('a text stays what it was while its room is used for others', () => {
  const ended = Array.from({ length: 50 }, (_, at) => written(`number ${at}`).end());
  expect(ended).toEqual(Array.from({ length: 50 }, (_, at) => `"number ${at}"`));
});

test('texts that are written side by side do not share room', () => {
  const open = Array.from({ length: 20 }, (_, at) => written(`begun ${at}`));
  for (const [at, json] of open.entries()) json.text(`,${at}`);
  expect(open.map((json) => json.end())).toEqual(open.map((_, at) => `"begun ${at}",${at}`));
});

test('what is written behind its end is a new text, and nobody else’s', () => {
  const json = written('first');
  expect(json.end()).toBe('"first"');
  const other = written('other');
  json.text('late');
  expect(other.end()).toBe('"other"');
  expect(json.end()).toBe('late');
  expect(json.end()).toBe('');
});

test('a text is not cut where it outgrows its room, inside of a character or not', () => {
  for (const letter of ['x', 'ü', '日', '🚲']) {
    const long = letter.repeat(70_000);
    expect(written('a', long, 'b').end()).toBe(`"a""${long}""b"`);
  }
});
