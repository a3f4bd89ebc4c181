/** So many requests a second, and so many at once after a rest. */
export interface Pace {
  readonly perSecond: number;
  readonly burst: number;
}

/** Waits until a request of this key may be sent; requests without a key, or without a pace, are sent at once. */
export function pacer(
  time: { now(): number; sleep(ms: number): Promise<void> },
  usual: Pace | undefined,
): (key: string | undefined, own: Pace | undefined) => Promise<void> {
  // For each key the time at which all that was sent would have been, had it been spread evenly.
  const spent = new Map<string, number>();
  return async (key, own) => {
    const pace = own ?? usual;
    if (key === undefined || pace === undefined) return;
    const spacing = 1000 / pace.perSecond;
    const now = time.now();
    const mine = Math.max(spent.get(key) ?? 0, now) + spacing;
    spent.set(key, mine);
    const waitMs = mine - now - pace.burst * spacing;
    if (waitMs > 0) await time.sleep(waitMs);
  };
}
