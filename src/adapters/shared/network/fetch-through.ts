import type { Network } from '../../../domain/network.ts';

const known = new WeakMap<Network, Promise<typeof fetch>>();

/** Fetch by this way out; Node's own, which knows no proxies, where there is none to go. */
export async function fetchThrough(network: Network | null): Promise<typeof fetch> {
  if (network === null) return fetch;
  const made = known.get(network) ?? import('./network-fetch.ts').then(({ networkFetch }) => networkFetch(network));
  known.set(network, made);
  return made;
}
