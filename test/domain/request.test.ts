import { expect, test } from 'vitest';
import { parseRequest, stripInvisible } from '../../src/domain/request.ts';

test.each([undefined, null, 7, '', '   ', '\t\r\n', '\u200b\u202e\u2066\ufeff\u0000'])(
  '%j is an empty request',
  (given) => {
    expect(() => parseRequest(given)).toThrow(expect.objectContaining({ code: 'request.empty' }));
  },
);

test('8 KB are a request, one byte more is not', () => {
  expect(parseRequest('é'.repeat(4096)).text).toHaveLength(4096);
  expect(() => parseRequest(`${'é'.repeat(4096)}a`)).toThrow(expect.objectContaining({ code: 'request.too_long' }));
});

test('what cannot be seen is taken out; line breaks and tabs stay', () => {
  expect(parseRequest(' blog\u202e\u200d \u001b[31mAPI\r\n\twith tags ').text).toBe('blog [31mAPI\n\twith tags');
  expect(stripInvisible('a\u009bb\u007fc')).toBe('abc');
});

test('one text has one spelling', () => {
  expect(parseRequest('cafe\u0301').text).toBe('café');
});
