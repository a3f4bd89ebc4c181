import { planner } from '../../src/adapters/model/planner/planner.ts';
import { parseRequest } from '../../src/domain/request.ts';
import { generateFiles, withAttacked } from '../support/attacked-backend.ts';
import { startCluster } from '../support/global-cluster.ts';
import { shippedLexicon } from '../support/planner.ts';

/**
 * `npm run chaos:attack-planner [quick|full] [how many] [from which]`: designs backends from sentences, generates, builds
 * and runs each on a database of its own and attacks it. Prints every finding; ends with 1 when there was one, or when a
 * backend could not be made.
 */
const REQUESTS = [
  'a blog where people sign up, write posts and comment',
  'todo lists with accounts, each user sees only their own tasks',
  'an online shop with products, carts and orders, customers log in, admins manage products',
  'a booking system for a hair salon with customers who sign in',
  'a forum with topics, threads, replies and moderators',
  'a recipe collection with users, ingredients and ratings',
  'a library with books, members and loans',
  'a chat with private messages between users',
  'a CRM with companies, contacts and deals for signed in sales people',
  'an inventory of warehouses, items and stock movements',
  'a helpdesk with tickets, agents and customers who log in',
  'an online course platform with lessons, enrolments and users',
  'a fitness tracker with workouts and users with private data',
  'an event calendar with attendees and logins',
  'a job board with companies, postings and applications, users register',
  'a photo album with users, albums and likes',
  'expense tracking with accounts, categories and receipts',
  'a music library with artists, albums, songs and playlists of users',
  'a hotel with rooms, guests and reservations',
  'a survey tool with questions, answers and users who sign in',
  'a project management tool with teams, projects, tasks and members who log in',
  'a real estate site with listings, agents and inquiries',
  'a school with students, teachers, classes and grades',
  'a parking garage with cars, spots and tickets',
  'a private diary, only I can read my entries, with login',
  'a marketplace where sellers list items and buyers leave reviews, with accounts',
  'a link shortener with users and click statistics',
  'a clinic with patients, doctors and appointments with login',
  'a football league with teams, players and matches',
  'a newsletter with subscribers and issues',
];

const [profile = 'quick', count = '30', first = '1'] = process.argv.slice(2);
const start = Number(first) - 1;
const say = (line: string) => process.stdout.write(`${line}\n`);
let faults = 0;

const { cluster, stop } = await startCluster();
try {
  const model = planner({ lexicon: await shippedLexicon() });
  for (const request of REQUESTS.slice(start, start + Number(count))) {
    const schema = (await model.design(parseRequest(request))).schema;
    const files = await generateFiles(schema);
    const started = performance.now();
    try {
      await withAttacked({ schema, files, cluster }, async (backend) => {
        const { weaknesses, attacks } = await backend.attack({ profile: profile === 'full' ? 'full' : 'quick' });
        const attempts = attacks.reduce((sum, attack) => sum + attack.attempts, 0);
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        const people = schema.accounts ? `, accounts in ${schema.accounts.table}` : '';
        say(
          `${weaknesses.length} findings, ${attempts} attempts, ${schema.tables.length} tables${people}, ${seconds} s: ${request}`,
        );
        faults += weaknesses.length;
        for (const { severity, title, where, evidence, exchange } of weaknesses) {
          say(`  ${severity}: ${title}, ${where}: ${evidence}`);
          if (exchange)
            say(
              `    ${exchange.method} ${exchange.path} ${exchange.body ?? ''} → ${exchange.answer.status} ${exchange.answer.body}`,
            );
        }
      });
    } catch (error) {
      faults += 1;
      say(`FAILED: ${request}: ${error instanceof Error ? error.message : error}`);
    }
  }
} finally {
  await stop();
}
say(`${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
