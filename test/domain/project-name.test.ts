import { expect, test } from 'vitest';
import { nameFromRequest, parseProjectName, slug } from '../../src/domain/project-name.ts';

const names: [string, { given: string; want: RegExp }][] = [
  ['its telling words', { given: 'I need a simple blog API for my team', want: /^blog-api-team$/ }],
  ['the first clause only', { given: 'Shop. Product(name, price); Customer(name)', want: /^shop$/ }],
  [
    'what it is, not what happens there',
    { given: 'a library where members borrow books, with login', want: /^library$/ },
  ],
  [
    'at most four words',
    { given: 'invoices quotes payments refunds taxes', want: /^invoices-quotes-payments-refunds$/ },
  ],
  ['words with hyphens as they are', { given: 'a to-do list', want: /^to-do-list$/ }],
  ['letters without their marks', { given: 'Crème brûlée', want: /^creme-brulee$/ }],
  ['a hash when no ASCII is left', { given: '🎉🎉', want: /^project-[0-9a-f]{8}$/ }],
  ['a hash when nothing but filler is left', { given: 'a the of', want: /^project-[0-9a-f]{8}$/ }],
];

test.each(names)('a request is named by %s', (_name, { given, want }) => {
  expect(nameFromRequest(given)).toMatch(want);
  expect(nameFromRequest(given)).toBe(nameFromRequest(given));
});

test.each(['', ' ', '..', 'a/b', '../x', '/etc/x', '-rf', '.hidden', 'a\\b', 'a\nb', 'a..b', 'x'.repeat(64)])(
  '%j is not a name',
  (name) => {
    expect(() => parseProjectName(name)).toThrow(expect.objectContaining({ code: 'name.invalid' }));
  },
);

test.each(['blog', 'My Blog 2', 'blog_api-v1.2', 'Ünïcode'])('%j is a name', (name) => {
  expect(parseProjectName(` ${name} `)).toBe(name);
});

test('names that differ only in case have one slug', () => {
  expect(slug('Blog')).toBe(slug('BLOG'));
});
