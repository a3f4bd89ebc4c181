import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

function readManifest(folder: string): Manifest | null {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return null;
  const { name, version, license } = JSON.parse(readFileSync(file, 'utf8'));
  // Packages carry nameless manifests in subfolders, only to say `"type": "module"`.
  return name && version ? { name, version, license: license ?? 'no licence named' } : null;
}

/** The folder of the package that a bundled module comes from; null for our own modules and for virtual ones. */
function packageFolder(moduleId: string): string | null {
  if (!/[\\/]node_modules[\\/]/.test(moduleId)) return null;
  let folder = dirname(moduleId.replace(/^\0+/, '').replace(/\?.*$/, ''));
  while (/[\\/]node_modules[\\/]/.test(folder)) {
    if (readManifest(folder)) return folder;
    folder = dirname(folder);
  }
  return null;
}

function licenceText(folder: string): string {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return texts.join('\n\n') || '(The package carries no licence file; its manifest names the licence above.)';
}

function render(folders: readonly string[]): string {
  const entries = folders
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .flatMap(({ folder, manifest }) => (manifest ? [{ ...manifest, text: licenceText(folder) }] : []))
    .sort((a, b) => `${a.name}@${a.version}`.localeCompare(`${b.name}@${b.version}`, 'en'));
  const unique = entries.filter(
    (entry, index) =>
      entries.findIndex((other) => other.name === entry.name && other.version === entry.version) === index,
  );
  const sections = unique.map(
    (entry) =>
      `${'='.repeat(80)}\n${entry.name} ${entry.version} (${entry.license})\n${'='.repeat(80)}\n\n${entry.text}\n`,
  );
  const intro = `The files of this folder contain code of the ${unique.length} packages below, under their own licences.\n`;
  return [intro, ...sections].join('\n');
}

/** Writes THIRD-PARTY-NOTICES with the licence of every package whose code really went into the bundle. */
export function thirdPartyNotices(): Plugin {
  return {
    name: 'third-party-notices',
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        for (const id of file.moduleIds) {
          const folder = packageFolder(id);
          if (folder) folders.add(folder);
        }
      }
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-NOTICES', source: render([...folders]) });
    },
  };
}
