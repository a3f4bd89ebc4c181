// Until it is ended: puts a link to another folder in the place of a folder, and takes it away again.
import { renameSync, symlinkSync } from 'node:fs';

const [place, elsewhere] = process.argv.slice(2);
symlinkSync(elsewhere, `${place}.link`);
process.stdout.write('swapping\n');
for (;;) {
  try {
    renameSync(place, `${place}.away`);
    renameSync(`${place}.link`, place);
    renameSync(place, `${place}.link`);
    renameSync(`${place}.away`, place);
  } catch {
    // Somebody made the folder anew in between.
    try {
      renameSync(place, `${place}.made-${Math.random()}`);
      renameSync(`${place}.away`, place);
    } catch {
      // The next round.
    }
  }
}
