import { withTemporaryFolder } from './temporary-folder.ts';

/**
 * A folder for all tests of a file. `giveBack`, to be awaited at the end, takes it away and fails when a process that
 * was started for it is still running.
 */
export function lendFolder(): { readonly folder: string; readonly giveBack: () => Promise<void> } {
  const lent = { folder: '', release: () => {} };
  const returned = withTemporaryFolder((folder) => {
    lent.folder = folder;
    return new Promise<void>((resolve) => {
      lent.release = resolve;
    });
  });
  return {
    folder: lent.folder,
    giveBack() {
      lent.release();
      return returned;
    },
  };
}
