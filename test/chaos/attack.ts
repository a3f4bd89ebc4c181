import { readFileSync } from 'node:fs';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { generateFiles, withAttacked } from '../support/attacked-backend.ts';
import { startCluster } from '../support/global-cluster.ts';

const { cluster, stop } = await startCluster();
const [profile = 'quick', ...names] = process.argv.slice(2);
try {
  for (const name of names) {
    const schema = parseSchema(JSON.parse(readFileSync(`test/phases/scaffold/schemas/${name}.json`, 'utf8')));
    const files = await generateFiles(schema);
    await withAttacked({ schema, files, cluster }, async (backend) => {
      const started = performance.now();
      const result = await backend.attack({ profile: profile === 'full' ? 'full' : 'quick' });
      const ms = Math.round(performance.now() - started);
      console.log(name, profile, ms, 'ms', result.attacks.map((a) => `${a.name}:${a.attempts}/${a.ms}`).join(' '));
      for (const w of result.weaknesses) console.log(JSON.stringify({ ...w, fix: undefined }, null, 1).slice(0, 1500));
      console.log(result.weaknesses.length, 'weaknesses');
    });
  }
} finally {
  await stop();
}
