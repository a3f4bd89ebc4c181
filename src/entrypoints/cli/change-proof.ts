import type { Preview } from '../../pipeline/evolve.ts';
import type { ChangeProof } from '../../pipeline/prove-change.ts';
import type { Rehearsal } from '../../pipeline/rehearse.ts';
import { amount } from './change-order.ts';

/** What rehearsal and verification have shown. */
export const evidence = ({ rehearsal, proof }: Preview): readonly string[] => [
  rehearsed(rehearsal),
  proof ? `proven on the same copy: ${proofText(proof)}` : 'not proven: --verify none',
];

/** Whether the proof was given, in a sentence. */
function proofText({ former, changed }: ChangeProof): string {
  const old = 'skipped' in former ? `not tried: ${former.skipped}` : `passed ${former.checks} checks on the new tables`;
  const checks = changed?.report.sections.flatMap((section) => section.checks).length ?? 0;
  const attempts = (changed?.report.attacks?.attacks ?? []).reduce((sum, attack) => sum + attack.attempts, 0);
  const next = changed
    ? `the changed code passed ${checks} checks and withstood ${attempts} attacks`
    : 'the changed code waits for you to decide between its conflicts';
  return `${next}; the code as it is ${old}`;
}

/** The proof for programs, without the whole report. */
export function proofData({ proof }: Preview) {
  if (proof === null) return null;
  const { former, changed } = proof;
  const sections = changed?.report.sections.map(({ name, outcome, reason }) => ({ name, outcome, reason })) ?? null;
  return { former, changed: changed && { profile: changed.report.profile, passed: changed.report.passed, sections } };
}

/** What the rehearsal has shown, in a sentence. */
function rehearsed({ rows, tables, columns, copyMs, upMs, downMs }: Rehearsal): string {
  const on =
    rows === null
      ? 'without rows, as there are too many'
      : `on a copy of ${amount(rows, 'row')} (copied in ${Math.round(copyMs)} ms)`;
  const times = `up ${Math.round(upMs)} ms, down ${Math.round(downMs)} ms, up again`;
  return `rehearsed ${on}: ${times}; what was not to change has the same rows and hashes (${amount(columns, 'column')} of ${amount(tables, 'table')})`;
}
