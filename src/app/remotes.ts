import { join } from 'node:path';
import { type Config, chooseNetwork, daytonaSettings, flySettings, githubSettings, s3Settings } from '../config.ts';
import { TurboError } from '../domain/errors.ts';
import { exportTokens, REMOTE_TITLES, type RemoteName, TOKEN_VARIABLES } from '../domain/remote.ts';
import type { Remotes } from '../ports/remotes.ts';

/** Clients of remotes by what the environment says; their packages are loaded when one is asked for. */
export function openRemotes(config: Config): Remotes {
  const said = config.remotes;
  const way = () => ({ network: chooseNetwork(config.network) });
  const objects: Remotes['objects'] = async (given) => {
    const settings = s3Settings(said);
    if (settings === null) throw missing('s3');
    const bucket = given ?? settings.bucket;
    if (bucket === null) throw noBucket();
    const { s3Store } = await import('../adapters/object-store/s3/s3-store.ts');
    return s3Store({ ...settings, ...way(), bucket });
  };
  const machines: Remotes['machines'] = async () => {
    const settings = daytonaSettings(said);
    if (settings === null) throw missing('daytona');
    const { daytonaMachines } = await import('../adapters/remote-machine/daytona/daytona-machines.ts');
    return daytonaMachines({ ...settings, ...way() });
  };
  return {
    isConfigured(remote) {
      const read = { fly: flySettings, daytona: daytonaSettings, github: githubSettings, s3: s3Settings }[remote];
      try {
        return read(said) !== null;
      } catch {
        // Configured, and wrongly: who uses it is told what is wrong.
        return true;
      }
    },
    async target() {
      const settings = flySettings(said);
      if (settings === null) throw missing('fly');
      const { flyTarget } = await import('../adapters/remote-target/fly/fly-target.ts');
      // The program by its name alone: a path could come from the .env of somebody else's project.
      const flyctl = { program: 'flyctl', registryHost: 'registry.fly.io', environment: config.outsideEnvironment };
      return flyTarget({ ...settings, ...way(), ...(settings.withFlyctl ? { flyctl } : {}) });
    },
    machines,
    async sandbox(projectId, onNote) {
      const [{ machineSandbox }, { localTemplates }] = await Promise.all([
        import('../adapters/sandbox/elsewhere/machine-sandbox.ts'),
        import('../adapters/templates/local/local-templates.ts'),
      ]);
      const templates = localTemplates(join(config.packageRoot, 'templates'));
      const tools = { ...(await templates.readTree('workspace')), ...(await templates.readTree('rooms')) };
      return machineSandbox({ projectId, machines: await machines(), tools, onNote });
    },
    async codeHost() {
      const settings = githubSettings(said);
      if (settings === null) throw missing('github');
      const { githubHost } = await import('../adapters/code-host/github/github-host.ts');
      return githubHost({ ...settings, ...way(), environment: config.gitEnvironment });
    },
    objects,
    async backups(bucket) {
      const { bucketArchive } = await import('../adapters/archive/bucket/bucket-archive.ts');
      return bucketArchive(await objects(bucket));
    },
  };
}

/** The scopes that each token must have, as people give them. */
const HOW_TO: Readonly<Record<RemoteName, string>> = {
  daytona: 'Make a key with the scopes write:sandboxes and delete:sandboxes in its dashboard.',
  fly: 'Make one for the organisation: fly tokens create org.',
  github:
    'Make a classic token with the scopes repo and workflow, or a fine-grained one with Administration, Contents and Workflows: read and write.',
  s3: 'Keys of a user who may put, get, list and delete objects in the bucket.',
};

function noBucket(): TurboError {
  return new TurboError('usage.missing', 'No bucket is named.', {
    hint: 'Name it behind the option, or set TURBOBACKEND_S3_BUCKET.',
  });
}

function missing(remote: RemoteName): TurboError {
  const names = TOKEN_VARIABLES[remote];
  const unset = `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} not set`;
  return new TurboError('remote.denied', `There is no token for ${REMOTE_TITLES[remote]}: ${unset}.`, {
    hint: `${exportTokens([remote])} sets it. ${HOW_TO[remote]}`,
  });
}
