import { BUILD_MARK } from '../domain/deployment.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { fingerprint } from '../operations/fingerprint.ts';
import type { Needs } from '../ports/services.ts';

/** Builds a project's server, and remembers what it was built from; see `Builder.build`. Throws `build.failed`. */
export async function buildProject(
  { directory }: ProjectFolder,
  { builder, workspace }: Needs<'builder' | 'workspace'>,
  options: { readonly packagesOf?: string } = {},
): Promise<void> {
  const files = await fingerprint(directory, { workspace });
  await builder.build(directory, options);
  await workspace.write(directory, BUILD_MARK, files);
}

/** What is built was built from files of this fingerprint. */
export async function isBuilt(directory: string, files: string, { workspace }: Needs<'workspace'>): Promise<boolean> {
  return (await workspace.read(directory, BUILD_MARK)) === files;
}
