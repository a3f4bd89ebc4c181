import { afterAll, afterEach, inject } from 'vitest';
import type { Environment } from '../../src/domain/database.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { reconcileDatabase } from '../../src/operations/reconcile-database.ts';
import { findSweepable, sweepTrash } from '../../src/operations/sweep-trash.ts';
import { openPractice, type Patient } from './doctor.ts';

export const wrong = (findings: readonly Finding[]) => findings.filter(({ ok }) => !ok);

/** What is said of the databases themselves, as `detail → fix`. */
export const ofDatabase = (findings: readonly Finding[], { db }: Patient) =>
  findings.filter(({ name }) => name === `database ${db}`);

export const provisionOf = ({ directory }: Patient) => `cd '${directory}' && turbobackend provision`;

/** A practice for the tests of a file, and what happens to databases in it. */
export async function lendPractice() {
  const practice = await openPractice(inject('cluster'));
  afterEach(() => practice.discharge());
  afterAll(() => practice.close());
  /** As if nobody had gone on with it for an hour. */
  const age = ({ id }: Patient, change: string, seconds = 3600) =>
    practice.inMetadata(
      `UPDATE turbobackend.project_databases SET updated_at = updated_at - $2, ${change} WHERE project_id = $1`,
      [id, seconds],
    );
  return {
    practice,
    age,
    /** Everything a look could have changed. */
    everything: async (patients: readonly Patient[]) => {
      const ids = [patients.map(({ id }) => id).join('|')];
      return [
        await practice.app.state.listDatabases(),
        await practice.asAdmin('postgres', async (query) => [
          await query(
            `SELECT datname, datdba, datacl::text, datallowconn, datconnlimit FROM pg_database
             WHERE datname ~ $1 ORDER BY 1`,
            ids,
          ),
          await query(
            'SELECT rolname, rolpassword, rolcanlogin, rolconnlimit FROM pg_authid WHERE rolname ~ $1 ORDER BY 1',
            ids,
          ),
        ]),
      ];
    },
    trash: ({ id }: Patient, env: Environment = 'dev') =>
      deprovision({ projectId: id, env, purge: false }, practice.app),
    bringBack: ({ id }: Patient) => reconcileDatabase({ projectId: id, env: 'dev', wish: 'present' }, practice.app),
    expire: (patient: Patient) => age(patient, 'trashed_at = trashed_at - 8 * 86400'),
    sweep: async () => sweepTrash(await findSweepable(practice.app), practice.app),
  };
}
