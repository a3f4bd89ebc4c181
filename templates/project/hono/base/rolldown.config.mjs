import { defineConfig } from 'rolldown';

/** One file with everything the server needs: `node .output/server/index.mjs`. */
export default defineConfig({
  input: 'server/entry.ts',
  platform: 'node',
  // What `pg` takes when it is installed, and does without.
  external: ['pg-native'],
  output: {
    dir: '.output/server',
    format: 'esm',
    entryFileNames: 'index.mjs',
    chunkFileNames: '[name].mjs',
    minify: 'dce-only',
  },
});
