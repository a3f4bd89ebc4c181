import { Option } from 'commander';
import { LOGIN_ROLES, libpqUrl } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { type Cli, type CliCommand, type Typed, textOption } from '../command.ts';
import { environmentOf, environmentOption } from '../options.ts';
import type { Outcome } from '../output/output.ts';
import { projectNamed } from '../project.ts';

export const dbCommand: CliCommand = {
  define(program) {
    const group = program
      .command('db')
      .summary('the PostgreSQL server')
      .description('The PostgreSQL server all projects live in.');
    group
      .command('url')
      .description("print a project's connection URL (it holds the password)")
      .argument('[project]', 'name, id or folder')
      .addOption(environmentOption())
      .addOption(new Option('--role <role>', 'whose login').choices([...LOGIN_ROLES]).default('app'));
    group.command('start').description('start it (other commands do so by themselves)');
    group.command('stop').description('stop it');
    return group;
  },

  run(cli, typed) {
    switch (textOption(typed, 'subcommand')) {
      case 'url':
        return url(cli, typed);
      case 'start':
        return start(cli);
      default:
        return stop(cli);
    }
  },
};

async function url(cli: Cli, typed: Typed): Promise<Outcome> {
  const services = await cli.services();
  const project = await projectNamed(typed.args[0], cli.cwd, services);
  const env = environmentOf(typed);
  if (!(await services.state.findDatabase(project.id, env))) {
    throw new TurboError('project.incomplete', `${project.name} has no ${env} database.`, {
      hint: `turbobackend status ${project.id}`,
    });
  }
  const { openLogin } = await import('../../../operations/open-login.ts');
  const role = LOGIN_ROLES.find((known) => known === textOption(typed, 'role')) ?? 'app';
  const printed = libpqUrl(await openLogin(project.id, env, role, services));
  return { data: { url: printed }, text: () => printed };
}

async function start(cli: Cli): Promise<Outcome> {
  const { openCluster } = await import('../../../app.ts');
  const info = await (await openCluster(cli.config, cli.output.progress)).ensure();
  return {
    data: info,
    text: () =>
      `PostgreSQL ${Math.floor(info.version / 10_000)} runs on ${info.host}:${info.port}${info.replaces === undefined ? '' : `, new and empty: what was in ${info.replaces} is gone`}.`,
  };
}

async function stop(cli: Cli): Promise<Outcome> {
  const { openCluster } = await import('../../../app.ts');
  const wasRunning = await (await openCluster(cli.config, cli.output.progress)).stop();
  return { data: { wasRunning }, text: () => (wasRunning ? 'PostgreSQL is stopped.' : 'PostgreSQL was not running.') };
}
