/** What the generated server is written for. */
export const FRAMEWORKS = ['nitro', 'hono'] as const;
export type Framework = (typeof FRAMEWORKS)[number];
