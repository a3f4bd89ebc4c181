import type { ProjectFolder } from '../domain/project.ts';
import { fingerprint } from '../operations/fingerprint.ts';
import { assertPassed, LAST_REPORT, saveReport } from './report-files.ts';
import type { VerifyNeeds } from './verification-run.ts';
import { verifyProject } from './verify-project.ts';

/**
 * Lets a project through that was proven as its files are now; when it was not, or they have changed since, the quick
 * profile does so first. Throws `verify.failed` when something was found wrong, now or by the last verification.
 * Gives the hash of the files that were proven, which is that of the build to start.
 */
export async function passGate(folder: ProjectFolder, services: VerifyNeeds): Promise<string> {
  const { directory, project } = folder;
  const last = await services.state.findVerification(project.id);
  const files = await fingerprint(directory, services);
  if (last !== null && last.fingerprint === files) {
    assertPassed(last.report, `${directory}/${LAST_REPORT}`, WAY_OUT);
    return files;
  }
  const message =
    last === null ? 'It was never verified: doing so first' : 'Its files have changed: verifying them first';
  services.progress({ kind: 'note', message });
  const report = await verifyProject(folder, { profile: 'quick', isTold: true }, services);
  assertPassed(report, await saveReport(folder, report, null, services), WAY_OUT);
  return files;
}

const WAY_OUT = '; mend it and run turbobackend verify, or deploy it as it is: --force';
