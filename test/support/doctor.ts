import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type App, openServices } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { databaseNames, type Environment, loginUrl } from '../../src/domain/database.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { type DoctorHands, diagnose, mend } from '../../src/operations/doctor.ts';
import { writeManifest } from '../../src/operations/manifest.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { configureStage } from '../../src/pipeline/stages.ts';
import {
  asAdmin,
  borrowMetadata,
  type Query,
  releaseMetadata,
  type Server,
  wipe,
  withSession,
} from './provisioning.ts';

/** A project with rows in its databases, as a doctor meets it. */
export interface Patient {
  readonly id: string;
  readonly directory: string;
  /** Name of its database. */
  readonly db: string;
}

/** The whole program on a server that is there, with metadata of its own, and its doctor. */
export interface Practice {
  readonly app: App;
  readonly home: string;
  readonly hands: DoctorHands;
  readonly metadataDatabase: string;
  /** A ready project whose table `keep` holds one row. */
  admit(name: string, env?: Environment): Promise<Patient>;
  /** What the row says; throws when it is gone. */
  kept(patient: Patient, env?: Environment): Promise<unknown>;
  /** What doctor says of these projects only: other tests share the server. */
  diagnose(...patients: readonly Patient[]): Promise<readonly Finding[]>;
  mend(...patients: readonly Patient[]): Promise<readonly Finding[]>;
  asAdmin(database: string, work: (query: Query) => Promise<unknown>): Promise<unknown>;
  /** In the metadata, as somebody with an editor would. */
  inMetadata(text: string, values?: readonly unknown[]): Promise<unknown>;
  /** Takes all projects away, so that the next look has less to look at. */
  discharge(): Promise<void>;
  close(): Promise<void>;
}

export async function openPractice(server: Server, owner = 'tester'): Promise<Practice> {
  const metadata = borrowMetadata();
  const { home, metadataDatabase } = metadata;
  const environment = { TURBOBACKEND_HOME: home, DB_ADMIN_URL: loginUrl({ ...server, database: 'postgres' }) };
  const app = await openServices({ ...loadConfig(home, environment), metadataDatabase, owner }, () => {});
  const hands: DoctorHands = {
    machine: { examine: async () => [], repair: async () => [] },
    configure: (folder, env) => configureStage(folder, env, app),
  };
  const about = (findings: readonly Finding[], patients: readonly Patient[]) =>
    findings.filter(({ name, detail }) => patients.some(({ id }) => name.includes(id) || detail.includes(id)));
  return {
    app,
    home,
    hands,
    metadataDatabase,
    async admit(name, env = 'dev') {
      const id = app.ids.projectId();
      const directory = join(home, 'projects of a person', name);
      mkdirSync(directory, { recursive: true });
      const project = { version: 1, id, name: `${name} ${id}`, request: name, createdAt: 1_763_694_000 } as const;
      const whole = { ...project, decision: null, schema: null, files: {} };
      await writeManifest(directory, whole, app);
      await app.state.claimProject({ ...project, directory });
      await provision({ projectId: id, env }, app);
      await configureStage({ directory, project: whole }, env, app);
      await app.state.setProjectStatus(id, 'ready');
      await withSession(await openLogin(id, env, 'mig', app), (query) =>
        query(`CREATE TABLE keep AS SELECT 'data' AS kept`),
      );
      return { id, directory, db: databaseNames(id, env).database };
    },
    async kept({ id }, env = 'dev') {
      const rows = await withSession(await openLogin(id, env, 'app', app), (query) => query('SELECT kept FROM keep'));
      return rows[0]?.kept;
    },
    diagnose: async (...patients) => about(await diagnose(hands, app), patients),
    mend: async (...patients) => about(await mend(hands, app), patients),
    asAdmin: (database, work) => asAdmin(server, database, work),
    inMetadata: (text, values) => asAdmin(server, metadataDatabase, (query) => query(text, values)),
    async discharge() {
      const records = await app.state.listDatabases();
      await asAdmin(server, 'postgres', async (query) => {
        for (const { databaseName, trashName } of records) {
          if (trashName) await query(`DROP DATABASE IF EXISTS ${trashName} WITH (FORCE)`);
          await wipe(query, databaseName);
        }
      });
      for (const { id, directory } of await app.state.listProjects()) {
        await app.state.deleteProject(id);
        rmSync(directory, { recursive: true, force: true });
      }
    },
    async close() {
      await releaseMetadata(server, metadata, app);
      await app.close();
    },
  };
}
