import type { AttackResult, Check, Section, SectionName, VerificationReport, Weakness } from './verification.ts';

/** Weaknesses that a backend must not have; those of low severity are told, and leave the choice to its owner. */
function isGrave({ severity }: Pick<Weakness, 'severity'>): boolean {
  return severity !== 'low';
}

/** A number with its noun: `1 check`, `2 checks`. */
export function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : /[sx]$/.test(noun) ? 'es' : 's'}`;
}

/** What came of one part: what was tried, or why nothing was. */
export type SectionResult = { readonly checks: readonly Check[] } | { readonly skipped: string };

export function toSection(name: SectionName, result: SectionResult, ms: number): Section {
  if ('skipped' in result) return { name, outcome: 'skipped', reason: result.skipped, checks: [], ms };
  const failed = result.checks.filter(({ passed }) => !passed).length;
  if (failed === 0) return { name, outcome: 'passed', reason: '', checks: result.checks, ms };
  return { name, outcome: 'failed', reason: `${failed} of ${result.checks.length} failed`, checks: result.checks, ms };
}

/** A sentence for each failed check, in the order of the report. */
export function findingsOf({ sections }: Pick<VerificationReport, 'sections'>): readonly string[] {
  return sections.flatMap(({ name, checks }) =>
    checks.filter(({ passed }) => !passed).map((check) => `${name}: ${check.name}: ${check.detail}`),
  );
}

/** What came of one attack, as a check: weaknesses that a backend must not have make it fail. */
export function attackCheck(tried: AttackResult['attacks'][number], { weaknesses }: AttackResult): Check {
  const { name, attempts, ms } = tried;
  const grave = weaknesses.filter((weakness) => weakness.attack === name && isGrave(weakness));
  const detail = grave.map(({ severity, title, where, evidence }) => `${severity}: ${title}: ${where}: ${evidence}`);
  return { name: `${name} (${attempts} attempts)`, passed: grave.length === 0, detail: detail.join('\n'), ms };
}
