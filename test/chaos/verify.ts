import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VerificationReport } from '../../src/domain/verification.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { SHAPES } from '../support/shapes.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

/**
 * `npm run chaos:verify [quick|full] [nitro|hono] [names …]`: backends as a user makes them, by commands in a home of
 * their own, then verified and destroyed. All shipped templates and all shapes of `test/support/shapes.ts` when none is
 * named; `templates` and `shapes` name all of a kind. Prints seconds for each section, with the load of the machine;
 * ends with 1 when a report was not green or could not be made.
 */
const templates = readdirSync(fileURLToPath(new URL('../../templates/schemas', import.meta.url)))
  .map((file) => file.replace(/\.json$/, ''))
  .sort();
const PATIENCE_MS = 600_000;

const [profile = 'full', framework = 'nitro', ...given] = process.argv.slice(2);
const groups: Readonly<Record<string, readonly string[]>> = { templates, shapes: Object.keys(SHAPES) };
const names = (given.length > 0 ? given : ['templates', 'shapes']).flatMap((name) => groups[name] ?? [name]);
const say = (line: string) => process.stdout.write(`${line}\n`);
let faults = 0;

/** Makes the project; what failed is told, and null. */
async function make(name: string, directory: string, home: string): Promise<CliResult> {
  const options = { home, timeoutMs: PATIENCE_MS };
  if (templates.includes(name)) {
    const args = ['create', '--template', name, '--dir', directory, '--framework', framework, '--verify', 'none'];
    return runCli(args, options);
  }
  mkdirSync(directory);
  const decision = {
    needsDatabase: true,
    confidence: 1,
    reason: 'It is a shape.',
    signals: [],
    decidedBy: 'user',
    costUsd: 0,
  };
  const number = Object.keys(SHAPES).indexOf(name);
  const project = {
    version: 1,
    id: `shape${'a'.repeat(10)}${String.fromCharCode(97 + Math.max(0, number))}`,
    name,
    request: name,
    createdAt: 1_763_694_000,
    decision,
    schema: SHAPES[name],
    framework,
    files: {},
  };
  writeFileSync(join(directory, 'turbobackend.json'), JSON.stringify(project));
  return runCli(['scaffold'], { ...options, cwd: directory });
}

async function prove(name: string, home: string): Promise<void> {
  const directory = join(home, name.replaceAll(' ', '-'));
  const made = await make(name, directory, home);
  if (made.code !== 0) return fail(name, made);
  const file = join(home, 'report.json');
  const before = loadavg()[0] ?? 0;
  const args = ['verify', '--profile', profile, '--report', file];
  const verified = await runCli(args, { home, cwd: directory, timeoutMs: PATIENCE_MS });
  if (!existsSync(file)) return fail(name, verified);
  const report: VerificationReport = JSON.parse(readFileSync(file, 'utf8'));
  tell(name, report, before);
  if (verified.code !== 0 || !report.passed) fail(name, verified);
  const gone = await runCli(['destroy', directory, '--yes', '--confirm', report.project.name], { home });
  if (gone.code !== 0) fail(name, gone);
}

function tell(name: string, { ms, sections, attacks }: VerificationReport, before: number): void {
  const times = sections
    .filter(({ outcome }) => outcome !== 'skipped')
    .map((section) => `${section.name} ${(section.ms / 1000).toFixed(1)}`);
  const attempts = (attacks?.attacks ?? []).reduce((sum, attack) => sum + attack.attempts, 0);
  const findings = attacks?.weaknesses ?? [];
  const load = `load ${before.toFixed(1)} to ${(loadavg()[0] ?? 0).toFixed(1)}`;
  say(`${name}, ${framework}, ${profile}: ${(ms / 1000).toFixed(1)} s (${load}), ${findings.length} findings in`);
  say(`  ${attempts} attempts; ${times.join(', ')}`);
  for (const { severity, title, where, evidence } of findings) say(`  ${severity}: ${title}, ${where}: ${evidence}`);
}

function fail(name: string, { code, stdout, stderr }: CliResult): void {
  faults += 1;
  say(`FAILED ${name}, ended with ${code}\n${stdout}${stderr}`);
}

await withTemporaryFolder(async (home) => {
  try {
    for (const name of names) await prove(name, home);
  } finally {
    await runCli(['db', 'stop'], { home });
  }
}, 10_000);
say(`${names.length} backends, ${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
