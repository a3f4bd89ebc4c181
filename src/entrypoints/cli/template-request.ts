import { TurboError } from '../../domain/errors.ts';
import { requestOfTemplate } from '../../domain/template-request.ts';
import { type Typed, textOption } from './command.ts';

/** The request that was typed, in words or as `--template`; undefined without either. Throws `usage.invalid` for both. */
export function typedRequest(typed: Typed): string | undefined {
  const template = textOption(typed, 'template');
  if (template === undefined) return typed.args[0];
  if (typed.args[0] !== undefined) {
    throw new TurboError('usage.invalid', 'A template cannot be combined with a request yet', {
      hint: 'Leave out the request, or --template.',
    });
  }
  return requestOfTemplate(template);
}
