import { join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';

/** A script of a project as one file. Optional native parts of packages stay out: nobody has them where it runs. */
export async function bundleFile(directory: string, file: string): Promise<string> {
  const { rolldown } = await import('rolldown');
  try {
    const bundle = await rolldown({
      input: join(directory, file),
      cwd: directory,
      platform: 'node',
      external: ['pg-native', 'cloudflare:sockets'],
      logLevel: 'silent',
    });
    const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
    await bundle.close();
    return output[0].code;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TurboError('build.failed', `${file} cannot be bundled: ${message.slice(0, 2000)}`, {
      hint: 'Correct the file named above and run the command again.',
      cause,
    });
  }
}
