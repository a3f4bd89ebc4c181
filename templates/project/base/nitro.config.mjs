import { defineConfig } from 'nitro';

export default defineConfig({
  compatibilityDate: '2026-11-01',
  preset: 'node-server',
  serverDir: './server',
  errorHandler: './server/error.ts',
  // `nitro dev` brings its own entry; what is deployed starts with ours.
  $production: { entry: './server/entry.ts' },
});
