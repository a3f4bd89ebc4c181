import { defineHandler } from 'nitro/h3';

/** 200 when requests can be served. */
export default defineHandler(() => ({ status: 'ok' }));
