import type { NewMigration } from '../domain/begun-change.ts';
import { keepsOldCode } from '../domain/diff.ts';
import { TurboError } from '../domain/errors.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import type { Check, Profile } from '../domain/verification.ts';
import { fingerprint } from '../operations/fingerprint.ts';
import { verify } from '../phases/verify.ts';
import type { Needs } from '../ports/services.ts';
import type { VerificationRecord } from '../ports/state-records.ts';
import { isBuilt } from './build-project.ts';
import { type Candidate, makeCandidate, removeCandidate, sweepCandidates } from './candidate.ts';
import { assertPassed, saveReport } from './report-files.ts';
import type { TrialDatabase } from './trial-database.ts';
import type { VerifyNeeds } from './verification-run.ts';
import { proveProject } from './verify-project.ts';
import type { WatchedStep } from './watch.ts';

type ProveNeeds = VerifyNeeds;

/** What was seen of the code when a change was tried. */
export interface ChangeProof {
  /** The code as it is, used on the new tables: how many checks it passed, or why it was not tried. */
  readonly former: { readonly checks: number } | { readonly skipped: string };
  /** The new code, on the same rows; null where it has conflicts that somebody has to decide first. */
  readonly changed: VerificationRecord | null;
}

export interface ProofOrder {
  readonly before: Schema;
  readonly after: Schema;
  readonly migrations: readonly NewMigration[];
  readonly profile: Profile;
}

/** Proves the code of a change, beside and after the rehearsal of its migrations. */
export interface ChangeWitness {
  /** Begins to copy, change and build the project. `id` is that of the scratch database. */
  begin(id: string): void;
  /**
   * Uses the code as it is, then verifies the new one, on a database that the change was made in. Throws `verify.failed`
   * with the report's path; nothing of the project was changed then.
   */
  look(database: TrialDatabase): Promise<ChangeProof>;
  /** Takes the copy away. Never throws. */
  end(): Promise<void>;
}

/** See `ChangeWitness`. `phase` tells how long each part took. */
export function changeWitness(
  folder: ProjectFolder,
  order: ProofOrder,
  phase: WatchedStep,
  services: ProveNeeds & Parameters<typeof makeCandidate>[2],
): ChangeWitness {
  let making: { readonly id: string; readonly candidate: Promise<Candidate> } | null = null;
  const { after, migrations } = order;
  return {
    begin(id) {
      const candidate = phase('build', 'Build the changed server', async () => {
        await sweepCandidates(folder, services);
        return makeCandidate(folder, { id, after, migrations }, services);
      });
      // Told to whoever looks; until then it must not count as forgotten.
      candidate.catch(() => {});
      making = { id, candidate };
    },
    async look(database) {
      const former = await phase('former', 'Use the code as it is on the new tables', () =>
        proveFormer(folder, order, database, services),
      );
      const candidate = await making?.candidate;
      if (!candidate || candidate.conflicts.length > 0) return { former, changed: null };
      const changed = await phase('verify', 'Prove the changed server', () =>
        proveChanged(folder, candidate, order, database, services),
      );
      return { former, changed };
    },
    async end() {
      if (!making) return;
      await making.candidate.catch(() => {});
      await removeCandidate(folder, making.id, services).catch(() => {});
    },
  };
}

async function proveFormer(
  folder: ProjectFolder,
  { before, after }: ProofOrder,
  database: TrialDatabase,
  services: ProveNeeds,
): Promise<ChangeProof['former']> {
  if (folder.project.contract) return { skipped: 'its operations are known to its own tests only' };
  if (!keepsOldCode(before, after)) return { skipped: 'the change takes away or demands something it does not know' };
  const { directory } = folder;
  if (!(await isBuilt(directory, await fingerprint(directory, services), services)))
    return { skipped: 'it was not built from its files as they are' };
  const server = await services.programs.serve({ directory, environment: database.environment });
  try {
    const { promote } = database;
    const seen = await verify(
      { url: server.url, schema: before, ...(before.accounts ? { promote } : {}) },
      { ...services, progress: () => {} },
    );
    await database.forgiveFailures();
    assertServes(seen.checks, folder);
    return { checks: seen.checks.length };
  } finally {
    await server.stop();
  }
}

function assertServes(checks: readonly Check[], { project }: ProjectFolder): void {
  const failed = checks.filter(({ passed }) => !passed);
  const [first] = failed;
  if (!first) return;
  const what = `${failed.length} of ${checks.length} checks, first: ${first.name}: ${first.detail.slice(0, 300)}`;
  throw new TurboError('verify.failed', `${project.name} as it is would not work on the new tables: ${what}`, {
    hint: 'Nothing was changed. To change it all the same: --verify none',
    details: { failed },
  });
}

/** What was found wrong lies beside the report of the project as it is. */
const RED_REPORT = '.turbobackend/change.html';

async function proveChanged(
  folder: ProjectFolder,
  { folder: candidate }: Candidate,
  { profile }: ProofOrder,
  database: TrialDatabase,
  services: ProveNeeds,
): Promise<VerificationRecord> {
  const trial = { begin: () => {}, ready: async () => database, end: async () => {} };
  const proof = await proveProject(candidate, { profile, trial }, services);
  if (proof.report.passed) return proof;
  const path = `${folder.directory}/${RED_REPORT}`;
  await saveReport(candidate, proof.report, path, services);
  assertPassed(proof.report, path, '; nothing was changed. To change it all the same: --verify none');
  return proof;
}

/** What the verification of a change is worth afterwards: that of the project, when its files are those that were tried. */
export async function keepProof(
  folder: ProjectFolder,
  { changed }: ChangeProof,
  services: Needs<'workspace' | 'state'>,
): Promise<void> {
  if (changed === null || (await fingerprint(folder.directory, services)) !== changed.fingerprint) return;
  await services.state.recordVerification(folder.project.id, changed);
  await saveReport(folder, changed.report, null, services);
}
