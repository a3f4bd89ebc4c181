import { asTyped } from '../as-typed.ts';
import type { CliCommand } from '../command.ts';

export const doctorCommand: CliCommand = {
  define: (program) =>
    program
      .command('doctor')
      .summary('find out what is wrong')
      .description(
        'Checks programs, files, PostgreSQL, metadata, isolation and projects; changes nothing. Exit 3 when something is wrong.',
      ),

  async run(cli) {
    const services = await cli.services();
    const { diagnoseCluster } = await import('../../../app.ts');
    const { diagnose } = await import('../../../operations/doctor.ts');
    const found = [...(await diagnoseCluster(cli.config)), ...(await diagnose(services))];
    const findings = found.map((finding) => ({ ...finding, fix: finding.fix === null ? null : asTyped(finding.fix) }));
    const wrong = findings.filter((finding) => !finding.ok);
    return {
      data: { ok: wrong.length === 0, findings },
      exitCode: wrong.length === 0 ? 0 : 3,
      text: (style) =>
        findings
          .map(({ ok, name, detail, fix }) => {
            const mark = ok ? style.green('✔') : style.red('✖');
            return `${mark} ${name}: ${detail}${fix ? `\n    → ${fix}` : ''}`;
          })
          .join('\n'),
    };
  },
};
