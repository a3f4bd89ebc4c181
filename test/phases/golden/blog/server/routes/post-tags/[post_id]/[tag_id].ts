import { methodNotAllowed } from '../../../lib/request.ts';

export default methodNotAllowed('GET', 'DELETE');
