import { isInDoubt } from '../../domain/in-doubt.ts';
import type { Request } from '../../domain/request.ts';
import { type Cli, type Typed, textOption } from './command.ts';
import { asksService } from './model-options.ts';
import { parseDatabaseOption } from './options.ts';

/**
 * The person's word about a database: `--database`, or the answer to one question when the model is in doubt and there
 * is somebody to ask; the built-in model only. Undefined leaves it to the model, which then says that it guessed.
 */
export async function databaseWish(
  cli: Pick<Cli, 'ask' | 'output' | 'config'>,
  typed: Typed,
  request: Request,
): Promise<boolean | undefined> {
  const said = parseDatabaseOption(textOption(typed, 'database'));
  // A service would be paid for a question that the phase asks again.
  if (said !== undefined || !cli.ask.canAsk || asksService(cli)) return said;
  const { openModel } = await import('../../app.ts');
  const decision = await (await openModel(cli.config)).detect(request);
  if (!isInDoubt(decision)) return undefined;
  cli.output.progress({ kind: 'note', message: `Not sure whether this needs a database. ${decision.reason}` });
  return cli.ask.yesOrNo('Shall it have a database?', decision.needsDatabase);
}
