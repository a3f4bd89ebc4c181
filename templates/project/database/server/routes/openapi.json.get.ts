import { fixedAnswer } from '../lib/fixed-answer.ts';
import document from '../openapi.json' with { type: 'json' };

/** The description of the API, for programs. */
export default fixedAnswer(() => JSON.stringify(document), { 'content-type': 'application/json' });
