import { type Checked, type DoctorNeeds, fault, refusal, sound } from './checked.ts';

const NAME = 'metadata';

/** Are there metadata we understand? `readable` is false when reading them would make or upgrade them. */
export async function checkMetadata(
  services: DoctorNeeds,
): Promise<{ readonly readable: boolean; readonly findings: readonly Checked[] }> {
  try {
    const { found, known } = await services.state.version();
    if (found === known) return { readable: true, findings: [sound(NAME, `version ${found}`)] };
    return { readable: false, findings: [await judge(found, known, services)] };
  } catch (error) {
    const { message, hint } = refusal(error);
    return { readable: false, findings: [fault(NAME, message, hint)] };
  }
}

async function judge(found: number | null, known: number, { databases, state }: DoctorNeeds): Promise<Checked> {
  if (found === null) {
    const left = await databases.listDatabases();
    if (left.length === 0) return sound(NAME, 'none yet; the first command that needs them makes them');
    const names = `${left.slice(0, 5).join(', ')}${left.length > 5 ? ' …' : ''}`;
    return fault(
      NAME,
      `are gone, but databases of ${left.length} projects are there: ${names}`,
      'Restore the metadata database from a backup before anything else: it holds the passwords. Nothing was dropped.',
    );
  }
  if (found > known) {
    return fault(
      NAME,
      `are of version ${found}; this turbobackend knows up to ${known}, and a newer one wrote them`,
      'npx turbobackend@latest doctor',
    );
  }
  const detail = `are of version ${found}; any other command upgrades them to ${known}. Projects were not looked at`;
  return fault(NAME, detail, 'turbobackend list', async () => {
    await state.listProjects();
    return `Upgraded the metadata from version ${found} to ${known}.`;
  });
}
