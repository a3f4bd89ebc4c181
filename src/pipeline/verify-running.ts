import type { ProjectFolder } from '../domain/project.ts';
import type { VerificationReport } from '../domain/verification.ts';
import { verify } from '../phases/verify.ts';
import type { Needs } from '../ports/services.ts';
import { watchContract } from './contract-watch.ts';
import { Sections } from './report-sections.ts';
import { withJournal } from './verify-journal.ts';

/**
 * Uses every endpoint of a server that runs somewhere, and holds its answers against its description. Its rows are
 * somebody's, so nothing else is tried on it; those this makes are deleted again, also what a killed one left. Not
 * recorded: it says nothing about the files of the project.
 */
export async function verifyRunning(
  { directory, project }: ProjectFolder,
  url: string,
  services: Needs<'http' | 'contract' | 'clock' | 'progress' | 'workspace'>,
): Promise<VerificationReport> {
  const { clock } = services;
  const { id, name, schema } = project;
  const begun = clock.elapsedMs();
  const sections = new Sections(services, true);
  const contract = await watchContract(url, services).catch(() => null);
  await sections.run('behaviour', () =>
    withJournal({ directory, url, schema }, { ...services, http: contract?.http ?? services.http }, (http) =>
      verify({ url, schema }, { ...services, http }),
    ),
  );
  if (contract) await sections.run('contract', async () => contract.result());
  const all = sections.all(() => 'only on a server of its own: leave --url out');
  return {
    project: { id, name },
    profile: 'quick',
    at: clock.now(),
    ms: Math.round(clock.elapsedMs() - begun),
    passed: all.every(({ outcome }) => outcome !== 'failed'),
    sections: all,
    attacks: null,
    indexes: [],
    mutation: null,
  };
}
