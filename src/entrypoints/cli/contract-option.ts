import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Json } from '../../domain/api-document.ts';
import { TurboError } from '../../domain/errors.ts';
import { type Cli, type Typed, textOption } from './command.ts';

/** `--openapi <file>`: the description of the API that is wanted, instead of a request. */
export function contractOption(): Option {
  return new Option('--openapi <file>', 'an OpenAPI 3.0 or 3.1 document that says what the backend answers');
}

/** The document that was named; undefined without. Throws `contract.*`, and `usage.invalid` beside another request. */
export async function readContract(cli: Pick<Cli, 'cwd'>, typed: Typed): Promise<Json | undefined> {
  const file = textOption(typed, 'openapi');
  if (file === undefined) return undefined;
  if (typed.args[0] !== undefined || textOption(typed, 'template') !== undefined || textOption(typed, 'database')) {
    throw new TurboError(
      'usage.invalid',
      'A document says all there is to say: nothing else can be asked for with it.',
      {
        hint: `Leave the rest out: --openapi ${file}`,
      },
    );
  }
  const { openApiDocuments } = await import('../../app.ts');
  return (await openApiDocuments()).read(/^https?:/i.test(file) ? file : resolve(cli.cwd, file));
}
