import type { ProjectFolder } from '../domain/project.ts';
import { EMPTY_SCHEMA } from '../domain/schema.ts';
import { type TrialDatabase, type TrialNeeds, withTrialDatabase } from './trial-database.ts';

/** A trial database that is made while something else goes on, and taken away when it is let go. */
export interface PreparedTrial {
  /** Begins to make it; doing so twice is doing it once. */
  begin(): void;
  /** The database as soon as it is there. Throws what `withTrialDatabase` throws. */
  database(): Promise<TrialDatabase>;
  /** Takes it away, or does nothing when it was never begun. Never throws: the failure was told to who asked for it. */
  end(): Promise<void>;
}

export function prepareTrial(folder: ProjectFolder, services: TrialNeeds): PreparedTrial {
  let letGo = () => {};
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let making: { readonly ready: Promise<TrialDatabase>; readonly gone: Promise<unknown> } | null = null;
  const begin = () => {
    if (making) return making;
    let gone: Promise<unknown> = Promise.resolve();
    const ready = new Promise<TrialDatabase>((resolve, reject) => {
      gone = withTrialDatabase(folder, folder.project.schema ?? EMPTY_SCHEMA, services, async (database) => {
        resolve(database);
        await released;
      }).catch(reject);
    });
    // Told to who asks for the database; until then it must not count as forgotten.
    ready.catch(() => {});
    making = { ready, gone };
    return making;
  };
  return {
    begin: () => void begin(),
    database: () => begin().ready,
    async end() {
      letGo();
      await making?.gone;
    },
  };
}
