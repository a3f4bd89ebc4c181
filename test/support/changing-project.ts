import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { NewMigration } from '../../src/domain/begun-change.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { readManifest } from '../../src/operations/manifest.ts';
import { markOf } from '../../src/pipeline/begun-change.ts';
import { carryOut, resumeChange } from '../../src/pipeline/carry-out.ts';
import { planMigrations, readMigrations } from '../../src/pipeline/migration-files.ts';
import { listMigrations } from '../../src/pipeline/migrations.ts';
import type { VersionNeeds } from '../../src/pipeline/version-place.ts';
import { cutAt } from './cut-calls.ts';
import { lendProvisioning } from './lend-provisioning.ts';
import { type VersionedProject, versionedProject, versionServices } from './versioned-project.ts';

export const schemaWith = (...columns: readonly string[]): Schema =>
  parseSchema({
    version: 1,
    tables: [
      {
        name: 'notes',
        columns: [
          { name: 'id', type: 'text', primaryKey: true },
          ...columns.map((name) => ({ name, type: 'text', nullable: true })),
        ],
      },
    ],
  });

export const column = (name: string) => ({
  up: `ALTER TABLE notes ADD COLUMN ${name} text;`,
  down: `ALTER TABLE notes DROP COLUMN ${name};`,
});

/** A project with one table and one row, for the tests of a file that change it. */
export function lendChangingProject() {
  const { services: databases, metadata } = lendProvisioning();
  const services = versionServices(databases, metadata.home);
  let lent: VersionedProject | undefined;
  const project = () => {
    if (!lent) throw new Error('the project is not there yet');
    return lent;
  };
  beforeAll(async () => {
    lent = await versionedProject(schemaWith(), services);
    await lent.sql("INSERT INTO notes VALUES ('a')");
  });
  afterAll(() => project().release());

  /** A change as `evolve` records it. */
  async function planned(name: string, files: readonly Pick<NewMigration, 'up' | 'down'>[], schema: Schema) {
    const { folder } = project();
    const migrations = await planMigrations(folder, { name, files }, services);
    const base = markOf(await readMigrations(folder, services), migrations);
    return { version: 1, env: 'dev', base, migrations, schema } as const;
  }
  const current = async () => {
    const { folder } = project();
    return { ...folder, project: (await readManifest(folder.directory, services)) ?? folder.project };
  };
  const isBegun = () => existsSync(join(project().folder.directory, '.turbobackend/change.json'));
  const columns = async () => {
    const names = "SELECT column_name AS c FROM information_schema.columns WHERE table_name = 'notes' ORDER BY 1";
    return (await project().sql(names)).map(({ c }) => c);
  };

  /** Cuts a change at every call, or at every so many; the next one must finish each. Gives how many were cut. */
  async function cutAll(step: number): Promise<number> {
    let cuts = 0;
    const known: string[] = [];
    for (let point = 1; ; point += step) {
      const name = `c${point}`;
      known.push(name);
      const change = await planned(name, [column(name)], schemaWith(...known));
      const cut = cutAt(point, services);
      const isCut = await carryOut(await current(), change, cut.services as VersionNeeds).then(
        () => false,
        () => true,
      );
      if (!isBegun() && isCut) await carryOut(await current(), change, services);
      else await resumeChange(await current(), services);
      const rows = await listMigrations(project().folder, 'dev', services);
      expect([point, await columns()]).toEqual([point, [...known, 'id'].sort()]);
      expect([rows.length, rows.every(({ state }) => state === 'applied')]).toEqual([known.length + 1, true]);
      expect([isBegun(), (await current()).project.schema]).toEqual([false, schemaWith(...known)]);
      if (!isCut) return cuts;
      cuts += 1;
    }
  }
  return { services, project, planned, current, isBegun, columns, cutAll };
}
