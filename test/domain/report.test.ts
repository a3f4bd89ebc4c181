import { expect, test } from 'vitest';
import { reportText } from '../../src/domain/report.ts';
import { reportHtml } from '../../src/domain/report-html.ts';
import { amount } from '../../src/domain/verdict.ts';
import type { Check, VerificationReport, Weakness } from '../../src/domain/verification.ts';

const check = (name: string, passed = true): Check => ({
  name,
  passed,
  detail: passed ? '' : `${name} said no`,
  ms: 1,
});

/** A report with one section passed, one left out. */
function reportOf(name: string, checks: readonly Check[], weaknesses: readonly Weakness[] = []): VerificationReport {
  const passed = checks.every((one) => one.passed);
  return {
    project: { id: 'abcdefghijklmnop', name },
    profile: 'quick',
    at: 1_763_694_000,
    ms: 1234,
    passed,
    sections: [
      { name: 'behaviour', outcome: passed ? 'passed' : 'failed', reason: '', checks, ms: 900 },
      { name: 'tests', outcome: 'skipped', reason: 'only with --profile full', checks: [], ms: 0 },
    ],
    attacks: {
      attacks: [
        { name: 'injection', attempts: 120, ms: 40 },
        { name: 'tokens', attempts: 1, ms: 4 },
      ],
      weaknesses,
    },
    indexes: [],
    mutation: null,
  };
}

test('the page of a pass names every check, and every kind of attack with how often it was tried', () => {
  const page = reportHtml(reportOf('blog', [check('posts: creates a row'), check('posts: lists rows')]));
  for (const text of ['posts: creates a row', 'posts: lists rows', 'behaviour: 2 checks']) expect(page).toContain(text);
  expect(page).toMatch(/<td>injection<\/td><td>120<\/td><td class="passed">withstood/);
  expect(page).toMatch(/<td>tokens<\/td><td>1<\/td><td class="passed">withstood/);
  expect(page).toContain('121 attempts of 2 kinds, 0 weaknesses.');
  expect(page).toContain('tests: skipped, only with --profile full.');
});

test('one of something is one, in the page and in the text', () => {
  const report = reportOf('blog', [check('only')]);
  expect(reportHtml(report)).toContain('behaviour: 1 check<');
  expect(reportText(report)).toContain('1 of 1 check,');
  expect([amount(0, 'check'), amount(1, 'index'), amount(2, 'index'), amount(2, 'weakness')]).toEqual([
    '0 checks',
    '1 index',
    '2 indexes',
    '2 weaknesses',
  ]);
});

test('what was not attacked is named with the reason, in the page and in the text', () => {
  const report = reportOf('blog', [check('only')]);
  const untried = [
    { name: 'GET /search', reason: 'nobody has written <it> yet' },
    { name: 'POST /export', reason: 'nobody has written <it> yet' },
  ];
  const told = { ...report, attacks: { attacks: [], weaknesses: [], untried } };
  expect(reportText(told)).toContain('not attacked: GET /search, POST /export: nobody has written <it> yet');
  expect(reportHtml(told)).toContain('<td>POST /export</td><td>nobody has written &lt;it&gt; yet</td>');
});

test('a page with hostile names everywhere holds none of their markup', () => {
  const evil = `</pre></title><script>alert("1")</script><img src='x' onerror=alert(1)>&`;
  const weakness: Weakness = {
    attack: 'injection',
    title: evil,
    severity: 'high',
    cwe: 89,
    where: evil,
    evidence: evil,
    exchange: {
      method: 'GET',
      path: evil,
      headers: { [evil]: evil },
      body: evil,
      answer: { status: 200, headers: { a: evil }, body: evil },
    },
    fix: evil,
  };
  const report = reportOf(evil, [check(evil), { ...check(evil, false), detail: evil }], [weakness]);
  const index = { table: evil, column: evil, statement: evil, fix: evil };
  const families = { attacks: [{ name: evil, attempts: 1, ms: 1 }], weaknesses: [weakness] };
  const page = reportHtml({
    ...report,
    sections: [...report.sections, { name: 'lint', outcome: 'skipped', reason: evil, checks: [], ms: 0 }],
    attacks: families,
    indexes: [index],
    mutation: { killed: 0, total: 1, survivors: [evil] },
  });
  expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
  expect(page.split('&lt;script&gt;').length).toBeGreaterThan(14);
  // Every tag of the page is one of ours, with an attribute of ours.
  const tags = new Set(page.match(/<\/?[a-z][a-z0-9]*/g)?.map((tag) => tag.replace(/^<\/?/, '')));
  const ours =
    'a body code details h1 h2 h3 head html li meta p pre section span strong style summary table td th title';
  expect([...tags].sort()).toEqual([...ours.split(' '), 'tr', 'ul']);
  expect(page).toContain("default-src 'none'");
});
