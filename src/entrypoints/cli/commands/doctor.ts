import type { Finding } from '../../../domain/finding.ts';
import { stripInvisible } from '../../../domain/request.ts';
import type { DoctorHands } from '../../../operations/doctor.ts';
import type { Services } from '../../../ports/services.ts';
import { asTyped } from '../as-typed.ts';
import { type Cli, type CliCommand, flag } from '../command.ts';
import type { Outcome, Style } from '../output/output.ts';

export const doctorCommand: CliCommand = {
  define: (program) =>
    program
      .command('doctor')
      .summary('find out what is wrong, and mend it')
      .description(
        'Checks programs, files, PostgreSQL, metadata, isolation, databases and projects, and prints the command that mends each fault; changes nothing without --fix. Exit 3 when something is wrong.',
      )
      .option(
        '--fix',
        'mend what can be mended, then look again; drops no rows but those of dev and staging that were in the trash for seven days',
      )
      .option(
        '--remote',
        'look at tokens and scopes of Daytona, Fly.io, GitHub and S3 instead, and at what is left there',
      ),

  async run(cli, typed) {
    const services = await cli.services();
    if (flag(typed, 'remote')) return lookElsewhere(services);
    const { diagnose, mend } = await import('../../../operations/doctor.ts');
    const look = flag(typed, 'fix') ? mend : diagnose;
    return outcomeOf(await look(await handsOf(cli), services));
  },
};

async function lookElsewhere(services: Services): Promise<Outcome> {
  const { diagnoseElsewhere } = await import('../../../operations/doctor.ts');
  return outcomeOf(await diagnoseElsewhere(services));
}

function outcomeOf(found: readonly Finding[]): Outcome {
  const findings = found.map(readable);
  const ok = findings.every((finding) => finding.ok);
  return {
    data: { ok, findings },
    exitCode: ok ? 0 : 3,
    text: (style) => findings.map((finding) => describe(finding, style)).join('\n'),
  };
}

async function handsOf(cli: Cli): Promise<DoctorHands> {
  const services = await cli.services();
  const { diagnoseCluster, repairCluster } = await import('../../../app.ts');
  const { configureStage } = await import('../../../pipeline/stages.ts');
  return {
    machine: {
      examine: () => diagnoseCluster(cli.config),
      repair: () => repairCluster(cli.config, cli.output.progress),
    },
    configure: (folder, env) => configureStage(folder, env, services),
  };
}

/** Names out of a catalogue or a folder must not act on the terminal they are shown on. */
function readable({ fix, mended, ...finding }: Finding): Finding {
  return {
    ...finding,
    name: stripInvisible(finding.name),
    detail: stripInvisible(finding.detail),
    fix: fix === null ? null : asTyped(stripInvisible(fix)),
    ...(mended === undefined ? {} : { mended: asTyped(stripInvisible(mended)) }),
  };
}

function describe({ ok, name, detail, fix, mended }: Finding, style: Style): string {
  const mark = ok ? style.green('✔') : style.red('✖');
  const lines = [`${mark} ${name}: ${detail}`];
  if (mended !== undefined) lines.push(style.green(`    ✚ ${mended}`));
  if (fix !== null) lines.push(`    → ${fix}`);
  return lines.join('\n');
}
