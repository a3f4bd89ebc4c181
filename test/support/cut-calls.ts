import type { VersionNeeds } from '../../src/pipeline/version-place.ts';

/** Breaks off at the n-th of all calls that change something outside a database; `wasCut` tells whether it came that far. */
export function cutAt(
  n: number,
  services: VersionNeeds,
): { readonly services: VersionNeeds; readonly wasCut: () => boolean } {
  let left = n;
  const cut = <T extends object>(port: T, names: readonly string[]): T =>
    new Proxy(port, {
      get(target, name, receiver) {
        const method: unknown = Reflect.get(target, name, receiver);
        if (typeof method !== 'function' || !names.includes(String(name))) return method;
        return (...given: unknown[]) => {
          left -= 1;
          if (left === 0) throw new Error('cut');
          return Reflect.apply(method, target, given);
        };
      },
    });
  return {
    services: {
      ...services,
      archive: cut(services.archive, ['write', 'remove']),
      workspace: cut(services.workspace, ['write', 'rewrite', 'remove']),
      state: cut(services.state, ['updateVersion', 'recordActivity']),
      repository: cut(services.repository, ['commit', 'open']),
    },
    wasCut: () => left <= 0,
  };
}
