import type { Needs } from '../../ports/services.ts';
import { type Checked, fault } from './checked.ts';

const MAX_NAMES = 5;

/** What code is made of has to be what turbobackend came with: whoever edits it writes into every project of the machine. */
export async function checkTemplates({ templates }: Needs<'templates'>): Promise<readonly Checked[]> {
  const changed = await templates.changed();
  if (changed.length === 0) return [];
  const names = changed.slice(0, MAX_NAMES).join(', ');
  const more = changed.length > MAX_NAMES ? ` and ${changed.length - MAX_NAMES} more` : '';
  const detail = `not as they were when turbobackend was built: ${names}${more}`;
  return [fault('templates', detail, 'install its package again')];
}
