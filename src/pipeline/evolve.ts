import { compareCatalogs } from '../domain/catalog.ts';
import type { Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { type ProjectFolder, treeHash } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import type { Profile } from '../domain/verification.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import type { Needs } from '../ports/services.ts';
import { markOf } from './begun-change.ts';
import { carryOut, type Evolved, type EvolveNeeds } from './carry-out.ts';
import { exclusively } from './exclusive.ts';
import { planMigrations, readMigrations } from './migration-files.ts';
import { listMigrations } from './migrations.ts';
import type { ChangePlan } from './plan-change.ts';
import { type ChangeProof, changeWitness, keepProof } from './prove-change.ts';
import { type Rehearsal, rehearse } from './rehearse.ts';
import type { PreparedCopy } from './rows-copy.ts';
import type { VerifyNeeds } from './verification-run.ts';
import { type PhaseTime, together, watch } from './watch.ts';

/** What a plan was made for: whatever differs later was changed by somebody else. */
export interface Preview {
  readonly plan: ChangePlan;
  readonly rehearsal: Rehearsal;
  /** Null when nobody wanted it. */
  readonly proof: ChangeProof | null;
  readonly migrations: Awaited<ReturnType<typeof planMigrations>>;
  readonly marks: Marks;
  readonly phases: readonly PhaseTime[];
}

interface Marks {
  readonly migrations: string;
  readonly catalog: Awaited<ReturnType<typeof readCatalog>>;
}

type PreviewNeeds = EvolveNeeds & VerifyNeeds & Needs<'builder'>;

/** Throws `project.incomplete` while older migrations are not applied. */
export async function assertApplied(folder: ProjectFolder, env: Environment, services: EvolveNeeds): Promise<void> {
  const rows = await listMigrations(folder, env, services);
  const first = rows.find(({ state }) => state !== 'applied');
  if (!first) return;
  const title = `${first.version}_${first.name}`;
  throw new TurboError('project.incomplete', `The migration ${title} is ${first.state} in the ${env} database.`, {
    hint: 'First: turbobackend migrate up',
  });
}

/** Marks the place a plan starts from. */
export async function markPlace(folder: ProjectFolder, env: Environment, services: EvolveNeeds): Promise<Marks> {
  const files = await readMigrations(folder, services);
  const session = await services.sql.connect(await openLogin(folder.project.id, env, 'mig', services));
  try {
    return { migrations: treeHash(files), catalog: await readCatalog(session) };
  } finally {
    await session.close();
  }
}

export interface PreviewOrder {
  readonly after: Schema;
  readonly plan: ChangePlan;
  readonly marks: Marks;
  /** What the migrations are called. */
  readonly name: string;
  readonly verify: Profile | 'none';
  /** A copy of the environment's rows, by `prepareCopy`; it is taken away. */
  readonly copy: PreparedCopy;
}

/**
 * Tries a plan on a copy of the rows: its migrations, the code as it is and, in a copy of the project, the code as it
 * will be. Changes nothing of the project. Throws `migration.failed` and `verify.failed` for what was found wrong.
 */
export async function previewChange(
  folder: ProjectFolder,
  order: PreviewOrder,
  services: PreviewNeeds,
): Promise<Preview> {
  const { after, plan, marks, name, verify, copy } = order;
  const { before, renames, files } = plan;
  const phases: PhaseTime[] = [];
  const phase = watch((_name, work) => work(), services, phases);
  const migrations = await planMigrations(folder, { name, files }, services);
  const wanted = { before, after, renames, files };
  const nobody = { begin() {}, look: async () => null, end: async () => {} };
  const witness =
    verify === 'none' ? nobody : changeWitness(folder, { before, after, migrations, profile: verify }, phase, services);
  try {
    copy.begin();
    // Building takes as long as what is left of copying.
    witness.begin(await copy.scratchId());
    const { rehearsal, seen } = await rehearse(wanted, copy, witness, services);
    return { plan, marks, migrations, rehearsal, proof: seen, phases };
  } finally {
    await together([witness.end(), copy.end()]);
  }
}

/**
 * Carries a rehearsed change out, while nobody else changes the project: it is written down, then migrations, database
 * and code follow, the manifest last. Cut anywhere, it is finished or taken back by `resumeChange`. Throws
 * `migration.changed` when the project changed since the preview, and what migrating throws; then all is as before.
 */
export async function carryOutChange(
  planned: ProjectFolder,
  order: { readonly env: Environment; readonly after: Schema; readonly preview: Preview },
  services: EvolveNeeds,
): Promise<Evolved> {
  const { env, after, preview } = order;
  return exclusively(planned, services, async (folder) => {
    const now = await markPlace(folder, env, services);
    const isSame = now.migrations === preview.marks.migrations;
    if (!isSame || compareCatalogs(now.catalog, preview.marks.catalog, { names: true }).length > 0) {
      throw new TurboError('migration.changed', `${folder.project.name} was changed since this was planned.`, {
        hint: 'Nothing was done. Run turbobackend evolve again: it plans anew.',
      });
    }
    const { migrations } = preview;
    const base = markOf(await readMigrations(folder, services), migrations);
    const done = await carryOut(folder, { version: 1, env, base, migrations, schema: after }, services);
    if (preview.proof) await keepProof(folder, preview.proof, services);
    return done;
  });
}
