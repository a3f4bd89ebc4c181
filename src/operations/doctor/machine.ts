import type { Finding } from '../../domain/finding.ts';
import { type Checked, type DoctorNeeds, fault, guarded } from './checked.ts';

/** What this machine's own PostgreSQL stands on: programs, folders, rights. */
export interface Machine {
  /** Looks; changes nothing. */
  examine(): Promise<readonly Finding[]>;
  /** Mends what can be mended without losing anything; a sentence for each thing it did. */
  repair(): Promise<readonly string[]>;
}

export async function checkMachine(machine: Machine): Promise<readonly Checked[]> {
  let repaired: Promise<readonly string[]> | null = null;
  // One call mends all there is, and one finding tells of it.
  const mend = async () => {
    if (repaired !== null) return repaired.then(() => 'Mended with the one before.');
    repaired = machine.repair();
    const done = await repaired;
    return done.length === 0 ? 'Nothing of it can be mended from here.' : done.join(' ');
  };
  return (await machine.examine()).map((finding) => (finding.ok ? finding : { ...finding, repair: mend }));
}

/** Folders that crashes left in the data directory: nothing but the disk notices them. */
export function checkLeaks({ cluster }: DoctorNeeds): Promise<readonly Checked[]> {
  const name = 'leaked files';
  return guarded(name, async () => {
    const leaks = (await cluster.leaks?.()) ?? [];
    if (leaks.length === 0) return [];
    const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
    const size = megabytes(leaks.reduce((sum, { bytes }) => sum + bytes, 0));
    const paths = leaks.map(({ path }) => path).join(', ');
    const remove = async () => {
      const freed = (await cluster.removeLeaks?.()) ?? 0;
      return `Removed them: ${megabytes(freed)}. PostgreSQL was restarted for that.`;
    };
    const detail = `${size} that belong to no database: ${paths}`;
    return [fault(name, detail, 'turbobackend doctor --fix (restarts PostgreSQL)', remove)];
  });
}
