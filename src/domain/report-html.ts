import { amount, findingsOf } from './verdict.ts';
import type { AttackResult, Section, Untried, VerificationReport, Weakness } from './verification.ts';

/** A report as one page that needs nothing else, without scripts. Everything in it is escaped. */
export function reportHtml(report: VerificationReport): string {
  const { project, profile, at, ms, passed, sections, attacks, indexes, mutation } = report;
  const title = `${project.name}: ${passed ? 'passed' : 'failed'}`;
  const when = new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(project.name)} <span class="${passed ? 'passed' : 'failed'}">${passed ? 'passed' : 'failed'}</span></h1>
<p>${escaped(profile)} verification of ${escaped(when)} UTC, ${(ms / 1000).toFixed(1)} s. ${amount(findingsOf(report).length, 'finding')}.</p>
<table>
<tr><th>section</th><th>outcome</th><th>checks</th><th>time</th></tr>
${sections.map(sectionRow).join('\n')}
</table>
${sections.map(failures).join('')}
<h2>Attacks</h2>
${attacks ? attackFamilies(attacks) : '<p>None were made.</p>'}
${(attacks?.weaknesses ?? []).map(weakness).join('\n')}
<h2>What was checked</h2>
${sections.map(checkNames).join('')}
${indexes.length === 0 ? '' : `<h2>Indexes that would help</h2>\n<pre>${escaped(indexes.map(({ fix }) => fix).join('\n'))}</pre>`}
${mutation ? `<h2>Mutation</h2>\n<p>${mutation.killed} of ${mutation.total} noticed.</p>\n<pre>${escaped(mutation.survivors.join('\n'))}</pre>` : ''}
</body>
</html>
`;
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1e;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd;vertical-align:top}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f6;padding:.8rem;border-radius:.4rem;font-size:.85rem}
.passed{color:#1a7f37}.failed,.critical,.high{color:#b3261e}.skipped,.low{color:#6b6b70}.medium{color:#9a6700}
details{margin:.4rem 0}summary{cursor:pointer}
section{border-left:4px solid #ddd;padding-left:1rem;margin:1.5rem 0}`;

function sectionRow({ name, outcome, reason, checks, ms }: Section): string {
  const good = checks.filter(({ passed }) => passed).length;
  const counted = outcome === 'skipped' ? escaped(reason) : `${good} of ${checks.length}`;
  return `<tr><td>${name}</td><td class="${outcome}">${outcome}</td><td>${counted}</td><td>${(ms / 1000).toFixed(1)} s</td></tr>`;
}

function failures({ name, checks }: Section): string {
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length === 0) return '';
  const items = failed.map((check) => `<h3>${escaped(check.name)}</h3>\n<pre>${escaped(check.detail)}</pre>`);
  return `<h2>What failed: ${name}</h2>\n${items.join('\n')}\n`;
}

/** Every check by its name: what a pass means. */
function checkNames({ name, checks, outcome, reason }: Section): string {
  if (checks.length === 0) return outcome === 'skipped' ? `<p>${name}: skipped, ${escaped(reason)}.</p>\n` : '';
  const items = checks.map(
    (check) =>
      `<li class="${check.passed ? 'good' : 'failed'}">${escaped(check.name)}${check.passed ? '' : ': failed'}</li>`,
  );
  return `<details><summary>${name}: ${amount(checks.length, 'check')}</summary>\n<ul>\n${items.join('\n')}\n</ul>\n</details>\n`;
}

function attackFamilies({ attacks, weaknesses, untried = [] }: AttackResult): string {
  const tried = attacks.reduce((sum, { attempts }) => sum + attempts, 0);
  const kinds = amount(attacks.length, 'kind');
  const rows = attacks.map(({ name, attempts, ms }) => {
    const found = weaknesses.filter(({ attack }) => attack === name).length;
    const outcome = found === 0 ? 'passed">withstood' : `failed">${amount(found, 'weakness')}`;
    return `<tr><td>${escaped(name)}</td><td>${attempts}</td><td class="${outcome}</td><td>${(ms / 1000).toFixed(1)} s</td></tr>`;
  });
  return `<p>${amount(tried, 'attempt')} of ${kinds}, ${amount(weaknesses.length, 'weakness')}.</p>
<table>
<tr><th>attack</th><th>attempts</th><th>outcome</th><th>time</th></tr>
${rows.join('\n')}
</table>${untriedTable(untried)}`;
}

function untriedTable(untried: readonly Untried[]): string {
  if (untried.length === 0) return '';
  const rows = untried.map(({ name, reason }) => `<tr><td>${escaped(name)}</td><td>${escaped(reason)}</td></tr>`);
  return `
<h3>Not tried</h3>
<table>
<tr><th>what</th><th>why</th></tr>
${rows.join('\n')}
</table>`;
}

function weakness({ title, severity, cwe, where, evidence, exchange, fix }: Weakness): string {
  const link = `<a href="https://cwe.mitre.org/data/definitions/${cwe}.html">CWE-${cwe}</a>`;
  const talk = exchange
    ? `<pre>${escaped(requestText(exchange))}</pre>\n<pre>${escaped(answerText(exchange))}</pre>`
    : '';
  return `<section>
<h3>${escaped(title)} <span class="${severity}">${severity}</span></h3>
<p><code>${escaped(where)}</code>, ${link}. ${escaped(evidence)}</p>
${talk}
<p><strong>Fix:</strong> ${escaped(fix)}</p>
</section>`;
}

type Exchange = NonNullable<Weakness['exchange']>;

function lines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `\n${name}: ${value}`)
    .join('');
}

function requestText({ method, path, headers, body }: Exchange): string {
  return `${method} ${path}${lines(headers)}${body === null ? '' : `\n\n${body}`}`;
}

function answerText({ answer: { status, headers, body } }: Exchange): string {
  return `${status ?? 'no answer'}${lines(headers)}${body === '' ? '' : `\n\n${body}`}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
