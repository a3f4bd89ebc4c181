import type { ProjectFolder } from '../domain/project.ts';
import { attackCheck } from '../domain/verdict.ts';
import type { AttackResult, VerificationReport } from '../domain/verification.ts';
import { type AttackOrder, attack } from '../phases/attack.ts';
import { verify } from '../phases/verify.ts';
import type { Needs } from '../ports/services.ts';
import { watchContract } from './contract-watch.ts';
import { Sections } from './report-sections.ts';
import { withJournal } from './verify-journal.ts';

/** How a server that runs is attacked, when somebody wants that. */
export type AttackedRunning = Pick<AttackOrder, 'schema' | 'operations' | 'only'>;

type RunningNeeds = Needs<'http' | 'wire' | 'contract' | 'clock' | 'progress' | 'workspace'>;

/**
 * Uses every endpoint of a server that runs somewhere, and holds its answers against its description. Its rows are
 * somebody's, so it is attacked only when that is wanted; the rows this makes are deleted again, also what a killed one
 * left. Not recorded: it says nothing about the files of the project.
 */
export async function verifyRunning(
  { directory, project }: ProjectFolder,
  url: string,
  services: RunningNeeds,
  attacked: AttackedRunning | null = null,
): Promise<VerificationReport> {
  const { clock } = services;
  const { id, name } = project;
  // Of a contract only the tests of the project know the operations.
  const schema = project.contract ? null : project.schema;
  const begun = clock.elapsedMs();
  const sections = new Sections(services, true);
  const contract = await watchContract(url, services).catch(() => null);
  const place = { directory, url, schema };
  await sections.run('behaviour', () =>
    withJournal(place, { ...services, http: contract?.http ?? services.http }, (http) =>
      verify({ url, schema }, { ...services, http }),
    ),
  );
  if (contract) await sections.run('contract', async () => contract.result());
  const attacks: { result: AttackResult | null } = { result: null };
  if (attacked) {
    await sections.run('attacks', async () => {
      const order = { url, profile: 'quick' as const, ...attacked };
      const result = await withJournal(place, services, (http) => attack(order, { ...services, http }));
      attacks.result = result;
      return { checks: result.attacks.map((tried) => attackCheck(tried, result)) };
    });
  }
  const all = sections.all(() => 'only on a server of its own: leave --url out');
  return {
    project: { id, name },
    profile: 'quick',
    at: clock.now(),
    ms: Math.round(clock.elapsedMs() - begun),
    passed: all.every(({ outcome }) => outcome !== 'failed'),
    sections: all,
    attacks: attacks.result,
    indexes: [],
    mutation: null,
  };
}
