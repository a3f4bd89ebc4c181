import { describeRest } from './rest-suite.ts';

describeRest('nitro');
