import { spawn } from 'node:child_process';
import { watch } from 'rolldown';
import config from '../rolldown.config.mjs';

/** `npm run dev`: builds and starts the server again whenever a file changes. */
let server = null;

function restart() {
  server?.kill();
  server = spawn(process.execPath, ['.output/server/index.mjs'], { stdio: 'inherit' });
}

watch(config).on('event', (event) => {
  if (event.code === 'END') restart();
  if (event.code === 'ERROR') console.error(event.error.message);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server?.kill();
    process.exit(0);
  });
}
