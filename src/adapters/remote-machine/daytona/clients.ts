import type { ApiKeysApi } from '@daytona/api-client/src/api/api-keys-api.js';
import type { SandboxApi } from '@daytona/api-client/src/api/sandbox-api.js';
import type { FileSystemApi } from '@daytona/toolbox-api-client/src/api/file-system-api.js';
import type { InfoApi } from '@daytona/toolbox-api-client/src/api/info-api.js';
import type { ProcessApi } from '@daytona/toolbox-api-client/src/api/process-api.js';
import { TurboError } from '../../../domain/errors.ts';
import type { Network } from '../../../domain/network.ts';
import type { RemoteClient, RemoteClientOptions, RemoteTime } from '../../shared/remote/contract.ts';
import { remoteClient } from '../../shared/remote/remote-client.ts';
import { explainRefusal } from './refusals.ts';
import { type CallPolicy, transportFor } from './transport.ts';

export interface DaytonaOptions {
  readonly apiKey: string;
  /** Without a slash at its end, like `https://app.daytona.io/api`. */
  readonly apiUrl: string;
  /** Region of new sandboxes; null: the organisation's own. */
  readonly target: string | null;
  /** Null: the one that the key belongs to. */
  readonly organizationId: string | null;
  /** The way out of this network; null or left out: Node's own. */
  readonly network?: Network | null;
  readonly time?: RemoteTime;
  /** How long a new sandbox may take until it runs, in milliseconds; default 5 minutes. */
  readonly settleMs?: number;
}

/** Daytona's generated clients of the API, sending by our own rules. */
export interface ApiClients {
  readonly sandboxes: SandboxApi;
  readonly keys: ApiKeysApi;
}

/** The same of the daemon in one sandbox. */
export interface ToolboxClients {
  readonly files: FileSystemApi;
  readonly processes: ProcessApi;
  readonly info: InfoApi;
}

/** Makes clients for a kind of call; the packages are loaded by the first. */
export interface Clients {
  api(policy: CallPolicy): Promise<ApiClients>;
  /** `url` is what the API says of the sandbox. `totalMs`: how long one call may take with all its tries. */
  toolbox(
    sandbox: { readonly id: string; readonly url: string },
    policy: CallPolicy,
    totalMs?: number,
  ): Promise<ToolboxClients>;
}

/** Only what is used of the packages: all of them would be three times as much to load. */
const load = async () => {
  const [sandbox, keys, files, process, info, api, toolbox] = await Promise.all([
    import('@daytona/api-client/src/api/sandbox-api.js'),
    import('@daytona/api-client/src/api/api-keys-api.js'),
    import('@daytona/toolbox-api-client/src/api/file-system-api.js'),
    import('@daytona/toolbox-api-client/src/api/process-api.js'),
    import('@daytona/toolbox-api-client/src/api/info-api.js'),
    import('@daytona/api-client/src/configuration.js'),
    import('@daytona/toolbox-api-client/src/configuration.js'),
  ]);
  return { ...sandbox, ...keys, ...files, ...process, ...info, Api: api.Configuration, Toolbox: toolbox.Configuration };
};

/** Clients of one key. Nothing is sent before a method of theirs is called. */
export function daytonaClients(options: DaytonaOptions): Clients {
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  let loaded: ReturnType<typeof load> | null = null;
  const packages = () => {
    loaded ??= load();
    return loaded;
  };
  const client = (baseUrl: string, more: Partial<RemoteClientOptions> = {}): RemoteClient =>
    remoteClient({
      remote: 'daytona',
      service: 'Daytona',
      baseUrl,
      headers: { authorization: `Bearer ${options.apiKey}` },
      secrets: [options.apiKey],
      network: options.network ?? null,
      waitOf: waitOfThrottler,
      explain: explainRefusal,
      ...(options.time ? { time: options.time } : {}),
      ...more,
    });
  const apiClient = client(apiUrl);
  return {
    async api(policy) {
      const { Api, SandboxApi, ApiKeysApi } = await packages();
      const adapter = transportFor(apiClient, apiUrl, policy);
      const configuration = new Api({ basePath: apiUrl, baseOptions: { adapter } });
      return { sandboxes: new SandboxApi(configuration), keys: new ApiKeysApi(configuration) };
    },
    async toolbox({ id, url }, policy, totalMs) {
      const { Toolbox, FileSystemApi, ProcessApi, InfoApi } = await packages();
      const basePath = `${safeUrl(url, apiUrl)}/${encodeURIComponent(id)}`;
      const limits = totalMs === undefined ? {} : { totalMs, timeouts: { long: totalMs } };
      const adapter = transportFor(client(basePath, limits), basePath, policy);
      const configuration = new Toolbox({ basePath, baseOptions: { adapter } });
      return {
        files: new FileSystemApi(configuration),
        processes: new ProcessApi(configuration),
        info: new InfoApi(configuration),
      };
    },
  };
}

/** The key goes there: never to a place less safe than the one it was meant for. */
function safeUrl(url: string, apiUrl: string): string {
  const isUrl = URL.canParse(url);
  const isSafe = isUrl && (new URL(url).protocol === 'https:' || new URL(apiUrl).protocol === 'http:');
  if (isSafe) return url.replace(/\/+$/, '');
  throw new TurboError('remote.unusable', 'Daytona names no address with TLS for what runs in its sandboxes.', {
    hint: 'Look at DAYTONA_API_URL.',
  });
}

/** Milliseconds by the header that names the throttler in its own name, like `Retry-After-authenticated` (Daytona's limits). */
function waitOfThrottler({
  status,
  headers,
}: {
  status: number;
  headers: Readonly<Record<string, string>>;
}): number | null {
  if (status !== 429) return null;
  const waits = Object.entries(headers)
    .filter(([name, value]) => name.startsWith('retry-after-') && /^\d{1,6}$/.test(value))
    .map(([, value]) => Number(value) * 1000);
  return waits.length === 0 ? null : Math.max(...waits);
}
