import { defineConfig } from 'nitro';

export default defineConfig({
  compatibilityDate: '2026-11-01',
  preset: 'node-server',
  serverDir: './server',
  // There are no files to serve; each request would be looked up among them.
  serveStatic: false,
  errorHandler: './server/error.ts',
  // `nitro dev` brings its own entry; what is deployed starts with ours.
  $production: { entry: './server/entry.ts' },
});
