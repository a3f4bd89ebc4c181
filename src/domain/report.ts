import { amount } from './verdict.ts';
import type { Section, Untried, VerificationReport } from './verification.ts';

const MARKS: Readonly<Record<Section['outcome'], string>> = { passed: '✔', failed: '✖', skipped: '–' };
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
/** More fill the screen; the file of the report has them all. */
const SHOWN_INDEXES = 5;

/** A report for a terminal or a pipe: a line for each section, and beneath it what failed. */
export function reportText(report: VerificationReport): string {
  const { project, profile, sections, attacks, indexes, mutation, passed, ms } = report;
  const low = (attacks?.weaknesses ?? []).filter(({ severity }) => severity === 'low');
  const lines = [
    `${project.name}: ${passed ? 'passed' : 'failed'} (${profile}, ${seconds(ms)})`,
    ...sections.flatMap((section) => sectionLines(section)),
    ...low.map(({ title, where, fix }) => `  ! ${title}: ${where}. ${fix}`),
    ...untriedLines(attacks?.untried ?? []),
    ...indexes
      .slice(0, SHOWN_INDEXES)
      .map(({ table, column, fix }) => `  ! lists of ${table} by ${column} have no index: ${fix}`),
    ...(indexes.length > SHOWN_INDEXES ? [`  ! and ${indexes.length - SHOWN_INDEXES} more such indexes`] : []),
    ...(mutation
      ? [`  mutants ${mutation.killed} of ${mutation.total} noticed`, ...mutation.survivors.map((one) => `    ${one}`)]
      : []),
  ];
  return lines.join('\n');
}

/** One line for each reason: it says what is left to be tried by hand. */
function untriedLines(untried: readonly Untried[]): readonly string[] {
  const reasons = [...new Set(untried.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const names = untried.filter((one) => one.reason === reason).map(({ name }) => name);
    return `  – not attacked: ${[...new Set(names)].join(', ')}: ${reason}`;
  });
}

function sectionLines({ name, outcome, reason, checks, ms }: Section): readonly string[] {
  const mark = `  ${MARKS[outcome]} ${name.padEnd(10)}`;
  if (outcome === 'skipped') return [`${mark} skipped: ${reason}`];
  const failed = checks.filter((check) => !check.passed);
  const count = `${checks.length - failed.length} of ${amount(checks.length, 'check')}`;
  return [
    `${mark} ${count}, ${seconds(ms)}`,
    ...failed.map((check) => `    ${check.name}: ${check.detail.replaceAll('\n', '\n      ')}`),
  ];
}
