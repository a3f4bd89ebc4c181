import { docsPage, docsPolicy } from '../lib/docs-page.ts';
import { fixedAnswer } from '../lib/fixed-answer.ts';
import document from '../openapi.json' with { type: 'json' };

/** The description of the API, for people. */
export default fixedAnswer(() => docsPage(document), {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': docsPolicy,
});
