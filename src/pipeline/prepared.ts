/** Something that is lent, and made while something else goes on. */
export interface Prepared<T> {
  /** Begins to make it; doing so twice is doing it once. */
  begin(): void;
  /** It, as soon as it is there. Throws what making it throws. */
  ready(): Promise<T>;
  /**
   * Takes it away, gives it up where it is still being made, or does nothing when it was never begun. Never throws: the
   * failure was told to who asked for it.
   */
  end(): Promise<void>;
}

/**
 * `lend` makes it, hands it to `use`, and takes it away when that returns; the signal says that nobody waits any more.
 */
export function prepare<T>(
  lend: (use: (made: T) => Promise<void>, givenUp: AbortSignal) => Promise<unknown>,
): Prepared<T> {
  const given = new AbortController();
  const released = new Promise<void>((resolve) => given.signal.addEventListener('abort', () => resolve()));
  let making: { readonly ready: Promise<T>; readonly gone: Promise<unknown> } | null = null;
  const begin = () => {
    if (making) return making;
    let gone: Promise<unknown> = Promise.resolve();
    const ready = new Promise<T>((resolve, reject) => {
      gone = lend(async (made) => {
        resolve(made);
        await released;
      }, given.signal).catch(reject);
    });
    // Told to who asks for it; until then it must not count as forgotten.
    ready.catch(() => {});
    making = { ready, gone };
    return making;
  };
  return {
    begin: () => void begin(),
    ready: () => begin().ready,
    async end() {
      given.abort();
      await making?.gone;
    },
  };
}
