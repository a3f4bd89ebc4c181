import { type Checked, type DoctorNeeds, fault, refusal, sound } from './checked.ts';

/** Does PostgreSQL answer, and to us? */
export async function checkPostgresql(
  services: DoctorNeeds,
): Promise<{ readonly answers: boolean; readonly findings: readonly Checked[] }> {
  const name = 'postgresql';
  const { cluster } = services;
  const start = async () => {
    const { host, port } = await cluster.ensure();
    return `Started PostgreSQL on ${host}:${port}.`;
  };
  const isOurs = cluster.kind === 'embedded';
  try {
    const info = await cluster.inspect();
    if (info) {
      const version = `${Math.floor(info.version / 10_000)}.${info.version % 10_000}`;
      return { answers: true, findings: [sound(name, `${version} (${info.kind}) on ${info.host}:${info.port}`)] };
    }
    const condition = cluster.condition?.() ?? 'made';
    if (condition === 'never-made')
      return {
        answers: false,
        findings: [sound(name, 'none was made yet; the first command that needs one makes it')],
      };
    if (condition === 'gone') {
      const detail = 'the cluster that was here is gone, with every database in it';
      const fix = 'Put a copy of its folder back, or begin anew: turbobackend db start';
      return { answers: false, findings: [fault(name, detail, fix)] };
    }
    const finding = isOurs
      ? fault(name, 'does not run, or has not come up yet', 'turbobackend db start', start)
      : fault(name, 'does not answer', 'Start that server, or set DB_ADMIN_URL to the right one.');
    return { answers: false, findings: [finding] };
  } catch (error) {
    const { message, hint } = refusal(error);
    return { answers: false, findings: [fault(name, message, hint, isOurs ? start : undefined)] };
  }
}
