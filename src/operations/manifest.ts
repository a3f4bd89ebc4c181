import { TurboError } from '../domain/errors.ts';
import { MANIFEST_FILE, type Project, projectShape } from '../domain/project.ts';
import { findProblems } from '../domain/schema-rules.ts';
import type { Needs } from '../ports/services.ts';

/** The project a folder holds; null when it holds none. Throws `project.damaged` naming every problem. */
export async function readManifest(directory: string, { workspace }: Needs<'workspace'>): Promise<Project | null> {
  const text = await workspace.read(directory, MANIFEST_FILE);
  if (text === null) return null;
  const damaged = (problems: readonly string[], cause?: unknown) =>
    new TurboError('project.damaged', `${MANIFEST_FILE} in ${directory} is damaged: ${problems.join('; ')}.`, {
      hint: `Bring ${MANIFEST_FILE} back (git checkout ${MANIFEST_FILE}), or start anew in an empty folder.`,
      cause,
      details: { problems },
    });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw damaged(['it is not JSON'], error);
  }
  const parsed = projectShape.safeParse(content);
  if (!parsed.success) {
    throw damaged(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`));
  }
  if (parsed.data.schema) {
    const problems = findProblems(parsed.data.schema);
    if (problems.length > 0) throw damaged(problems.map((problem) => `schema.${problem.path}: ${problem.message}`));
  }
  return parsed.data;
}

/** Writes the manifest, atomically. */
export async function writeManifest(
  directory: string,
  project: Project,
  { workspace }: Needs<'workspace'>,
): Promise<void> {
  await workspace.write(directory, MANIFEST_FILE, `${JSON.stringify(project, null, 2)}\n`);
}
