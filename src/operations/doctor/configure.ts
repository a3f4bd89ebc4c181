import type { Environment } from '../../domain/database.ts';
import type { ProjectFolder } from '../../domain/project.ts';

/** Writes the logins of a database into its project's `.env` files; a change of passwords that was cut is finished first. */
export type Configure = (folder: ProjectFolder, env: Environment) => Promise<void>;
