import type { ProjectFolder } from '../domain/project.ts';
import { EMPTY_SCHEMA } from '../domain/schema.ts';
import { type Prepared, prepare } from './prepared.ts';
import { type TrialDatabase, type TrialNeeds, withTrialDatabase } from './trial-database.ts';

/** A trial database that is made while something else goes on; see `withTrialDatabase`. */
export type PreparedTrial = Prepared<TrialDatabase>;

export function prepareTrial(folder: ProjectFolder, services: TrialNeeds): PreparedTrial {
  return prepare((use) => withTrialDatabase(folder, folder.project.schema ?? EMPTY_SCHEMA, services, use));
}
