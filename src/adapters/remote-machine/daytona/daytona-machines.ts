import { isTurboError, TurboError } from '../../../domain/errors.ts';
import { PROJECT_LABEL, sandboxName } from '../../../domain/remote.ts';
import { sandboxPrice } from '../../../domain/remote-prices.ts';
import type { RemoteMachine, RemoteMachines } from '../../../ports/remote-machine.ts';
import { checkKey } from './check-key.ts';
import { type DaytonaOptions, daytonaClients } from './clients.ts';
import { assertOwn, ensureSandbox, OUR_LABEL } from './ensure-sandbox.ts';
import { downloadFiles, uploadFiles } from './files.ts';
import { logOf, runCommand, startCommand, type Toolbox } from './processes.ts';
import { readText, type Sandbox } from './read-answers.ts';
import { sandboxesOf } from './sandboxes.ts';

const SETTLE_MS = 5 * 60_000;
/** What opens the ports of private sandboxes. */
const TOKEN_HEADER = 'x-daytona-preview-token';

const asMachine = ({ id, name, state, projectId }: Sandbox): RemoteMachine => ({ id, name, state, projectId });

/**
 * Sandboxes of Daytona, by its generated clients, which our own client sends for. Names of sandboxes are unique in an
 * organisation, which makes all of it repeatable.
 */
export function daytonaMachines(options: DaytonaOptions): RemoteMachines {
  const clients = daytonaClients(options);
  const { now, sleep } = options.time ?? {
    now: () => Date.now(),
    sleep: (ms) => new Promise((next) => setTimeout(next, ms)),
  };
  const waiting = { now, sleep, settleMs: options.settleMs ?? SETTLE_MS };
  const sandboxes = sandboxesOf(clients, options.organizationId, waiting);
  const organization = options.organizationId ?? undefined;
  // The address of a daemon does not change while its sandbox lives.
  const addresses = new Map<string, string>();
  const toolboxOf = async (id: string): Promise<Toolbox> => {
    const url = addresses.get(id) ?? (await addressOf(id));
    addresses.set(id, url);
    return async (policy, totalMs) => clients.toolbox({ id, url }, policy, totalMs);
  };
  const addressOf = async (id: string): Promise<string> => {
    const sandbox = await sandboxes.find(id);
    if (!sandbox) throw goneSandbox(id);
    if (sandbox.toolboxUrl !== null) return sandbox.toolboxUrl;
    const api = await clients.api({ idempotent: true });
    return readText((await api.sandboxes.getToolboxProxyUrl(id, organization)).data, 'url', 'address');
  };
  const inside = async <T>(id: string, work: (toolbox: Toolbox) => Promise<T>): Promise<T> => {
    try {
      return await work(await toolboxOf(id));
    } catch (error) {
      // The proxy and the daemon say many things of a sandbox that is gone or sleeps; the API says which.
      const isLost = isTurboError(error) && error.code.startsWith('remote.') && error.code !== 'remote.denied';
      const reason = isLost ? await absenceOf(id) : null;
      throw reason ?? error;
    }
  };
  const absenceOf = async (id: string): Promise<TurboError | null> => {
    // What cannot be asked now is no reason.
    const found = await sandboxes.find(id).catch(() => undefined);
    if (found === undefined || found?.state === 'started') return null;
    return found === null ? goneSandbox(id) : restingSandbox(found);
  };
  const handsOf = (toolbox: Toolbox) => ({
    toolbox,
    run: (command: string) => runCommand(command, { isRepeatable: true }, toolbox),
  });
  return {
    name: 'daytona',
    check: () => checkKey(clients, now),
    plan: async (order) => {
      const found = await sandboxes.find(order.name);
      if (found) assertOwn(found, order);
      const detail = 'billed by the second while it runs; stops and is removed by itself';
      const action = found ? 'adopt' : 'create';
      const { usd, asOf } = sandboxPrice(order.resources ?? {});
      // It does not stay, so that an hour is what tells.
      const price = usd === null || asOf === null ? {} : { hourlyUsd: usd, pricesOf: asOf };
      return [{ remote: 'daytona', kind: 'sandbox', name: order.name, action, detail, monthlyUsd: null, ...price }];
    },
    ensure: async (order) => asMachine(await ensureSandbox(order, { clients, sandboxes, options, waiting })),
    upload: (id, directory, files) => inside(id, (toolbox) => uploadFiles(directory, files, handsOf(toolbox))),
    run: (id, command, how = {}) => inside(id, (toolbox) => runCommand(command, how, toolbox)),
    startProcess: (id, name, command, how = {}) => inside(id, (toolbox) => startCommand(name, command, how, toolbox)),
    processLog: (id, name) => inside(id, (toolbox) => logOf(name, toolbox)),
    download: (id, paths) => inside(id, (toolbox) => downloadFiles(paths, handsOf(toolbox))),
    workDirectory: (id) =>
      inside(id, async (toolbox) => {
        const { info } = await toolbox({ idempotent: true });
        return readText((await info.getWorkDir()).data, 'dir', 'folder');
      }),
    previewUrl: async (id, port) => {
      const api = await clients.api({ idempotent: true });
      const { data } = await api.sandboxes.getPortPreviewUrl(id, port, organization);
      const headers = { [TOKEN_HEADER]: readText(data, 'token', 'address') };
      return { url: readText(data, 'url', 'address').replace(/\/+$/, ''), headers };
    },
    keepAlive: async (id) => {
      const api = await clients.api({ idempotent: true });
      await api.sandboxes.updateLastActivity(id, organization);
    },
    closeNetwork: async (id) => {
      const api = await clients.api({ idempotent: true });
      await api.sandboxes.updateNetworkSettings(id, { networkBlockAll: true }, organization);
    },
    find: async (projectId, name = sandboxName(projectId)) => {
      // By name first: the list may lag behind what was just made.
      const named = await sandboxes.find(name);
      if (named?.projectId === projectId) return asMachine(named);
      const listed = await sandboxes.list({ [PROJECT_LABEL]: projectId });
      const found = listed.find((sandbox) => sandbox.name === name);
      return found ? asMachine(found) : null;
    },
    list: async () => (await sandboxes.list(Object.fromEntries([OUR_LABEL]))).map(asMachine),
    remove: (id) => sandboxes.remove(id),
  };
}

/** It was removed meanwhile: by its own limits, or by somebody. */
function goneSandbox(id: string): TurboError {
  return new TurboError('remote.failed', `Sandbox ${id} is not there any more.`, {
    hint: 'The same command again makes a new one and does everything once more.',
    details: { isGone: true },
  });
}

/** It was stopped meanwhile; nothing that ran there does. */
function restingSandbox({ name, state }: Sandbox): TurboError {
  return new TurboError('remote.failed', `Sandbox ${name} is ${state}.`, {
    hint: 'The same command again starts it.',
    details: { state },
  });
}
