import { requestOfTemplate } from '../../domain/template-request.ts';
import { type Cli, type Typed, textOption } from './command.ts';

/**
 * The request that was typed, in words, as `--template`, or both together; undefined without either. Throws
 * `template.unknown` before anything is begun that would be left behind.
 */
export async function typedRequest({ config }: Pick<Cli, 'config'>, typed: Typed): Promise<string | undefined> {
  const template = textOption(typed, 'template');
  if (template === undefined) return typed.args[0];
  // A schema is costly to read, and most requests are words.
  const [{ openTemplates }, { findSchemaTemplate, parseSchemaTemplates }] = await Promise.all([
    import('../../app.ts'),
    import('../../domain/schema-template.ts'),
  ]);
  const templates = await openTemplates(config);
  const { name } = findSchemaTemplate(template, parseSchemaTemplates(await templates.readTree('schemas')));
  return requestOfTemplate(name, typed.args[0]);
}
