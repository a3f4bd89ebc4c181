import { env, numberSetting, originsSetting } from './env.ts';

/** What the server can be told from outside. */
export const config = {
  host: env.HOST || '127.0.0.1',
  port: numberSetting('PORT', 3000, 65_535),
  /** `true`: a line for each request; `false`: only what went wrong. */
  logRequests: env.LOG_REQUESTS !== 'false',
  /** Origins whose pages may read answers. */
  corsOrigins: originsSetting('CORS_ORIGINS'),
  /** How long running requests may take after SIGTERM. */
  shutdownTimeoutMs: numberSetting('SHUTDOWN_TIMEOUT_SECONDS', 10, 3600) * 1000,
} as const;
