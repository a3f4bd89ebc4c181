import { describeRest } from './rest-suite.ts';

describeRest('hono');
