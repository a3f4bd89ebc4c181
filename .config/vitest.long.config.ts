import { defineConfig } from 'vitest/config';
import { settings } from './vitest.config.ts';

/** `npm run test:long`: what would make the usual suite longer than ten minutes on two cores. */
export default defineConfig({ test: { ...settings, include: ['test/**/*.long.test.ts'], maxWorkers: 2 } });
