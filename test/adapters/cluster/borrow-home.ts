import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedCluster } from '../../../src/adapters/cluster/embedded/embedded-cluster.ts';
import { findLayout, type Layout } from '../../../src/adapters/cluster/embedded/layout.ts';

/** A home of its own below a folder only we may enter, as $HOME is; and everything that came of it taken away again. */
export interface BorrowedHome {
  readonly home: string;
  /** Where its cluster lies, once it was made. */
  layout(): Layout;
  dispose(): Promise<void>;
}

export function borrowHome(name = 'home'): BorrowedHome {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'tb-cluster-test-')));
  const home = join(parent, name);
  const layout = () => {
    const found = findLayout(home);
    if (found === null) throw new Error('no cluster was made');
    return found;
  };
  return {
    home,
    layout,
    async dispose() {
      const found = existsSync(home) ? findLayout(home) : null;
      if (found !== null) {
        await embeddedCluster({ home }).stop();
        rmSync(found.folder, { recursive: true, force: true });
      }
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

/** Pid of the server of a layout, as its data folder names it. */
export function serverPid(layout: Layout): number {
  return Number(readFileSync(join(layout.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
}
