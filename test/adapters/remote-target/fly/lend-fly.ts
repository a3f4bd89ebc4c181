import { expect } from 'vitest';
import { type FlyTargetOptions, flyTarget } from '../../../../src/adapters/remote-target/fly/fly-target.ts';
import type { RemoteTarget } from '../../../../src/ports/remote-target.ts';
import { FLY_TOKENS, type FlyWorldOptions } from '../../../support/fakes/fly/world.ts';
import { type FakeFly, fakeFly } from '../../../support/fakes/fly.ts';

export interface LentFly {
  readonly fake: FakeFly;
  readonly target: RemoteTarget;
  /** Another client of the same service, as after a restart. */
  again(change?: Partial<FlyTargetOptions>): RemoteTarget;
  /** Time that was waited, in milliseconds: nobody waits it. */
  waitedMs(): number;
  /** Lets time go by while nobody does anything. */
  pass(ms: number): void;
}

/** Lends a played Fly.io with a client of it, on one clock that goes only when somebody waits. */
export async function withFly<T>(work: (lent: LentFly) => Promise<T>, options: FlyWorldOptions = {}): Promise<T> {
  let now = 1_790_000_000_000;
  const start = now;
  const pass = (ms: number) => {
    now += ms;
  };
  const sleep = async (ms: number) => {
    pass(ms);
    await new Promise(setImmediate);
  };
  const time = { now: () => now, sleep, random: () => 0.5 };
  const fake = await fakeFly({ time: { now: () => now, pass }, ...options });
  const again = (change: Partial<FlyTargetOptions> = {}) =>
    flyTarget({
      token: FLY_TOKENS.org,
      organization: 'acme',
      baseUrl: fake.url,
      appUrl: fake.appUrl,
      time,
      ...change,
    });
  try {
    const result = await work({ fake, target: again(), again, waitedMs: () => now - start, pass });
    expect(fake.violations).toEqual([]);
    return result;
  } finally {
    await fake.close();
  }
}
