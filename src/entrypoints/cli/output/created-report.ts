import { DOCS_PATH, resourcePath } from '../../../domain/rest.ts';
import { shellWord } from '../../../domain/shell-word.ts';
import { amount } from '../../../domain/verdict.ts';
import type { Created } from '../../../pipeline/created.ts';
import { accountsText } from './access-text.ts';
import type { Style } from './output.ts';
import { remoteLines } from './remote-text.ts';

/** The end of `create`, for people: where it is, what was proven, what it took, what to type next. */
export function createdReport(created: Created, command: string, style: Style): string {
  const { project, database, decision, phases } = created;
  const timed = phases.filter((phase) => !phase.reused && phase.ms > 0);
  const lines = [
    '',
    style.bold(created.existed ? `${project.name} is there already, and it answers.` : `${project.name} is ready.`),
    '',
    `  url       ${style.cyan(created.url)}`,
    `  folder    ${project.directory}`,
    `  database  ${database ? `${database.name} (${database.tables.join(', ')})` : style.yellow(`none: ${decision.reason}`)}`,
  ];
  if (database?.keys) {
    lines.push(`  keys      in ${database.keys}; the first one: npm run api-keys -- add <name>`);
  } else if (database) {
    const accounts = accountsText(database.accounts ?? null);
    lines.push(`  accounts  ${database.accounts ? accounts : style.yellow(accounts)}`);
  }
  lines.push(...endpointLines(created, style), ...missingLines(created, style));
  if (!decision.needsDatabase && (created.endpoints ?? []).length === 0) {
    lines.push(
      style.yellow('            The built-in planner writes no custom behaviour: the server has /health only.'),
      style.yellow('            Write your routes in server/routes, or run again with --database yes.'),
    );
  }
  lines.push(...verifiedLines(created, command), ...remoteLines(created.remotes, style));
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const longest = timed.toSorted((a, b) => b.ms - a.ms).map(({ phase, ms }) => `${phase} ${seconds(ms)}`);
  lines.push(`  time      ${seconds(created.ms)} s ${style.dim(`(${longest.join(', ')})`)}`);
  lines.push(`  cost      ${created.costUsd === null ? 'unknown' : `$${created.costUsd.toFixed(2)}`}`, '', 'Next:');
  lines.push(`  ${firstStep(created, style)}`);
  const there = `  cd ${shellWord(project.directory)} && ${command}`;
  lines.push(`${there} status`, `${there} logs -f`);
  return lines.join('\n');
}

function endpointLines({ endpoints = [] }: Created, style: Style): readonly string[] {
  return endpoints.map(({ method, path, status, reason }, index) => {
    const place = `  ${(index === 0 ? 'endpoints' : '').padEnd(10)}${method} ${path}`;
    return status === 'written' ? place : style.yellow(`${place} is not written: ${reason}`);
  });
}

const SHOWN_MISSING = 20;

/** Operations of a document that somebody has to write. */
function missingLines({ missing = [] }: Created, style: Style): readonly string[] {
  if (missing.length === 0) return [];
  const more = missing.length - SHOWN_MISSING;
  return [
    style.yellow(`  missing   ${amount(missing.length, 'operation')} of the document, answered with 501`),
    ...missing.slice(0, SHOWN_MISSING).map(({ operation, reason }) => `            ${operation}: ${reason}`),
    ...(more > 0 ? [`            … and ${more} more: turbobackend.json`] : []),
  ];
}

/** Where people sign in, most endpoints answer nobody yet; the page tells how to register. */
function firstStep({ url, database }: Created, style: Style): string {
  if (database?.accounts)
    return `open ${url}${DOCS_PATH} ${style.dim('in a browser: every endpoint, and how to register')}`;
  const first = database?.tables[0];
  return `curl ${url}${first === undefined ? '/health' : resourcePath({ name: first })}`;
}

function verifiedLines({ checks, verification }: Created, command: string): readonly string[] {
  if (!verification) return [`  verified  no: ${command} verify, in its folder, proves it`];
  const { attempts, indexes, report, sections } = verification;
  const attacks = sections.find(({ name }) => name === 'attacks');
  const withstood =
    attacks?.outcome === 'skipped' ? `not attacked: ${attacks.reason}` : `${amount(attempts, 'attack')} withstood`;
  const passed = checks.filter((check) => check.passed).length;
  return [
    `  verified  ${passed} of ${amount(checks.length, 'check')} passed, ${withstood}`,
    `            ${report}`,
    ...(indexes.length === 0
      ? []
      : [`            ${amount(indexes.length, 'index')} would make lists quicker: see there`]),
  ];
}
