import type { ProjectFolder } from '../domain/project.ts';
import { reportHtml } from '../domain/report-html.ts';
import type { VerificationReport } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import { attackTarget } from './attack-target.ts';
import { assertPassed } from './report-files.ts';
import type { AttackedRunning } from './verify-running.ts';
import { verifyRunning } from './verify-running.ts';

/**
 * Attacks that say something about a backend that others reach through a proxy, and that it is none the worse for
 * afterwards: what is left out would try the proxy (bytes, slowness, a crowd), or shut our own address out (logins).
 */
const ATTACKS = [
  'other-rows',
  'tokens',
  'accounts',
  'sensitive-columns',
  'keys',
  'mass-assignment',
  'sessions',
  'origins',
  'races',
  'injection',
  'bodies',
  'values',
  'traversal',
  'operations',
] as const;

/** Beside that of the last verification here. */
const REPORT = '.turbobackend/deployment.html';

/** What was proven of a deployment. */
export interface DeploymentProof {
  readonly checks: number;
  /** Attempts of attacks. */
  readonly attempts: number;
  /** Path of the whole report. */
  readonly report: string;
}

/**
 * Uses and attacks a backend where it was deployed, and takes away the rows it made. Throws `verify.failed` with the first
 * findings; `wayBack` is the command that takes the deployment back.
 */
export async function proveDeployment(
  folder: ProjectFolder,
  url: string,
  wayBack: string,
  services: Needs<'http' | 'wire' | 'contract' | 'clock' | 'progress' | 'workspace'>,
): Promise<DeploymentProof> {
  const attacked: AttackedRunning = { ...attackTarget(folder.project), only: ATTACKS };
  const report: VerificationReport = await verifyRunning(folder, url, services, attacked);
  const path = `${folder.directory}/${REPORT}`;
  await services.workspace.write(folder.directory, REPORT, reportHtml(report));
  assertPassed(report, path, `; to take the deployment back: ${wayBack}`);
  return {
    checks: report.sections.reduce((sum, { checks }) => sum + checks.length, 0),
    attempts: (report.attacks?.attacks ?? []).reduce((sum, { attempts }) => sum + attempts, 0),
    report: path,
  };
}
