import type { Sandbox } from '../ports/sandbox.ts';
import type { Needs } from '../ports/services.ts';
import { rememberWishes } from './remote-wishes.ts';

type SandboxNeeds = Needs<'sandbox' | 'remotes' | 'state' | 'progress'> & Partial<Needs<'ending'>>;

/**
 * Lends what a model's code for a project is tried in: a machine of its own where the project is wished to be tried
 * elsewhere, otherwise what there is here. The machine is made by the first room, written down before it is, and taken away
 * in the end, also what a killed run left of it; it ends by itself when nobody comes back. Throws what `work` throws, and
 * `remote.denied` without a token.
 */
export async function withWritingSandbox<T>(
  projectId: string,
  services: SandboxNeeds,
  work: (sandbox: Sandbox) => Promise<T>,
): Promise<T> {
  const wishes = await rememberWishes(projectId, services);
  if (!wishes?.daytona) return work(services.sandbox);
  const { remotes, state, progress, ending } = services;
  const sandbox = await remotes.sandbox(projectId, (message) => progress({ kind: 'warning', message }));
  const place = { projectId, remote: 'daytona' as const, place: sandbox.name };
  const isKnown = async () => (await state.listRemotes(projectId)).some((known) => known.place === place.place);
  const leave = async () => {
    try {
      if (!(await isKnown())) return;
      await sandbox.remove();
      await state.forgetRemote(place);
    } catch (error) {
      // What failed before is the one to tell; the note stays, for destroy and doctor.
      const why = error instanceof Error ? error.message : String(error);
      const message = `Sandbox ${sandbox.name} is left; it stops and is removed by itself within two hours: ${why}`;
      progress({ kind: 'warning', message });
    }
  };
  const forget = ending?.before(leave);
  try {
    return await work({
      kind: sandbox.kind,
      open: async (order) => {
        if (!(await isKnown())) await state.wishRemote({ ...place, details: {} });
        return sandbox.open(order);
      },
    });
  } finally {
    await leave();
    forget?.();
  }
}
