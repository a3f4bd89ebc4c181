import type { RemoteTime } from '../../src/adapters/shared/remote/contract.ts';

/** The clock of this machine, with waits that take no time and are written down, in milliseconds. */
export function patientTime(): RemoteTime & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => Date.now(),
    random: () => 0.5,
    async sleep(ms) {
      waits.push(ms);
    },
  };
}
