import type { Ending } from '../ports/ending.ts';

/** What `Ending` promises, with what whoever ends the process needs. */
export interface Endings extends Ending {
  isNeeded(): boolean;
  /** Does all of it at once; what fails is left. */
  end(): Promise<void>;
}

export function endings(): Endings {
  const remembered = new Set<() => Promise<void>>();
  return {
    before(work) {
      const entry = () => work();
      remembered.add(entry);
      return () => void remembered.delete(entry);
    },
    isNeeded: () => remembered.size > 0,
    async end() {
      await Promise.allSettled([...remembered].map((work) => work()));
    },
  };
}
