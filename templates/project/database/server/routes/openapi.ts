import { methodNotAllowed } from '../lib/methods.ts';

export default methodNotAllowed('GET');
