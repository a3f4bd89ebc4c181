import { TurboError } from '../../domain/errors.ts';
import { requestOfTemplate } from '../../domain/template-request.ts';
import { type Cli, type Typed, textOption } from './command.ts';

/**
 * The request that was typed, in words or as `--template`; undefined without either. Throws `usage.invalid` for both,
 * and `template.unknown` before anything is begun that would be left behind.
 */
export async function typedRequest({ config }: Pick<Cli, 'config'>, typed: Typed): Promise<string | undefined> {
  const template = textOption(typed, 'template');
  if (template === undefined) return typed.args[0];
  if (typed.args[0] !== undefined) {
    throw new TurboError('usage.invalid', 'A template cannot be combined with a request yet', {
      hint: 'Leave out the request, or --template.',
    });
  }
  // A schema is costly to read, and most requests are words.
  const [{ openTemplates }, { findSchemaTemplate, parseSchemaTemplates }] = await Promise.all([
    import('../../app.ts'),
    import('../../domain/schema-template.ts'),
  ]);
  const templates = await openTemplates(config);
  return requestOfTemplate(
    findSchemaTemplate(template, parseSchemaTemplates(await templates.readTree('schemas'))).name,
  );
}
