import { expect, test } from 'vitest';
import type { Fact } from '../../../../src/adapters/model/planner/facts.ts';
import { readFacts } from '../../../../src/adapters/model/planner/read-facts.ts';
import { shippedLexicon } from '../../../support/planner.ts';

/** A fact in short: `entity plant`, `column plant.name?`, `link comment>post`, `unique vote(user poll)`. */
function short(fact: Fact): string {
  switch (fact.kind) {
    case 'entity':
      return fact.strength >= 2 ? `entity ${fact.name}` : '';
    case 'column':
      return `column ${fact.entity}.${fact.column.name}${fact.column.nullable ? '?' : ''}${fact.column.unique ? '!' : ''}`;
    case 'link':
      return `link ${fact.child}>${fact.parent}${fact.nullable ? '?' : ''}`;
    case 'many-to-many':
      return `many ${fact.left}-${fact.right}`;
    case 'unique':
      return `unique ${fact.entity}(${fact.parts.join(' ')})`;
    case 'without':
      return `without ${fact.name}`;
    case 'happens':
      return `happens ${fact.verb}`;
    case 'accounts':
      return fact.wanted ? 'accounts' : 'no accounts';
    case 'access':
      return `${fact.entity ?? 'everything'}: ${fact.read ?? '-'}/${fact.write ?? '-'}`;
    case 'role':
      return `role ${fact.name}`;
    case 'closed':
      return `closed ${fact.entity}`;
  }
}

async function factsOf(request: string): Promise<string[]> {
  return readFacts(request, await shippedLexicon()).facts.map(short);
}

const says: [string, string[]][] = [
  // deeds
  ['carriers deliver parcels', ['entity carrier', 'link parcel>carrier']],
  ['participants join challenges', ['many participant-challenge']],
  ['a reader borrows books', ['happens borrow', 'entity reader']],
  ['wizards get a wand', ['entity wizard']],
  // limits of deeds
  ['a child registers once per camp', ['unique register(child camp)']],
  ['a reader can not rate a book twice', ['unique rate(reader book)']],
  ['people check in once a day', ['happens check_in', 'unique check_in(person date)']],
  ['prices of potions (only one for each potion and day)', ['unique price(potion day)']],
  // lists behind dashes, titles and brackets
  ['my bonsais - species, age', ['entity bonsai', 'column bonsai.species', 'column bonsai.age']],
  ['Blood pressure diary. systolic, diastolic, note', ['entity entry', 'column entry.systolic', 'column entry.note']],
  ['Runs: seed, character, score', ['entity run', 'column run.seed', 'column run.score']],
  ['Potion: number (unique within the shop), name', ['unique potion(number shop)']],
  // words of pictures, of questions, and heads of two words
  ['🧙 wizards 🪄 with wands 🔥, potions', ['entity wizard', 'entity wand', 'entity potion']],
  ['patients, vital signs (heart rate, oxygen)', ['entity vital_sign', 'column vital_sign.heart_rate']],
  [
    'API für meine Werkstatt: customers with Fahrzeuge (license plate, brand)',
    ['entity vehicle', 'column vehicle.brand'],
  ],
  // what has parts, and what both have many of
  ['zones contain racks contain shelves', ['link rack>zone', 'link shelf>rack']],
  ['a wizard has many spells and a spell many wizards', ['many wizard-spell']],
  ['whispers between two users', ['link whisper>user']],
  // words that are right, however near they are to others
  ['patents, pasta toppings and shafts', ['entity patent', 'entity shaft']],
  // other languages by their parts
  ['Trainingsgruppen und Ersatzteile für die Maschinen', ['entity group', 'entity machine']],
  // lists
  ['an app with wizards, spells and potions', ['entity wizard', 'entity spell', 'entity potion']],
  [
    'a backend for a museum: artifacts, exhibitions & curators',
    ['entity artifact', 'entity exhibition', 'entity curator'],
  ],
  ['Entities: spaceship, crew member, mission', ['entity spaceship', 'entity crew_member', 'entity mission']],
  // definitions
  ['Spell(name, power:integer, rune unique)', ['closed spell', 'column spell.name', 'column spell.rune!']],
  [
    'interface Potion { id: string; name: string; color?: string; wizardId: string }',
    ['column potion.color?', 'link potion>wizard'],
  ],
  [
    'CREATE TABLE potions (id INT PRIMARY KEY, wizard_id INT REFERENCES wizards(id))',
    ['entity potion', 'link potion>wizard'],
  ],
  ['- Dragon: name, wingspan, hatched on\n- Rider: name', ['entity dragon', 'column dragon.wingspan', 'entity rider']],
  [
    'answers look like {"dragon":{"name":"x","eggs":[{"color":"red"}]}}',
    ['column dragon.name', 'link egg>dragon', 'column egg.color'],
  ],
  ['jars for my attic. jars: size, brand, colour', ['column jar.size', 'column jar.brand']],
  ['1. Dragon: name, wingspan\n2. Rider: name', ['column dragon.wingspan', 'entity rider']],
  // other languages, typing errors
  [
    'una aplicación para gestionar mis recetas con ingredientes y pasos',
    ['entity recipe', 'entity ingredient', 'entity step'],
  ],
  ['Blog mit Beiträgen und Kommentaren', ['entity contribution', 'entity comment']],
  ['recipies with ingrediants', ['entity ingredient']],
  // having and belonging
  ['a dragon has many eggs', ['entity egg', 'link egg>dragon']],
  [
    'each dragon has a name, a colour and maybe a birth date',
    ['column dragon.name', 'column dragon.color', 'column dragon.birth_date?'],
  ],
  ['a spell belongs to a wizard', ['link spell>wizard']],
  ['an artifact can be in many exhibitions', ['many artifact-exhibition']],
  ['shelves > jars', ['link jar>shelf']],
  // keeping
  ['I want to track my llamas and cheeses', ['entity llama', 'entity cheese']],
  ['keep a record of telescopes', ['entity telescope']],
  ['users can create and share playlists', ['entity playlist', 'link playlist>user']],
  ['store the name and phone of customers', ['column customer.name', 'column customer.phone']],
  ['water my houseplants', ['entity houseplant']],
  // people
  ['As a librarian I lend books', ['entity librarian', 'happens lend']],
  ['people log in', ['accounts']],
  // who may see and change what
  ['anyone can browse potions', ['potion: everyone/-']],
  ['potions are public', ['potion: everyone/-']],
  ['potions are private, spells are public', ['potion: owner/owner', 'spell: everyone/-']],
  ['only logged in users can see potions', ['accounts', 'potion: accounts/-']],
  ['each user only sees their own potions', ['accounts', 'potion: owner/owner']],
  ['users can only see their own data', ['everything: owner/owner']],
  ['users can edit their own potions', ['potion: -/owner']],
  ['admins manage potions and spells', ['role admin', 'potion: -/admins', 'spell: -/admins']],
  ['only admins can edit potions', ['role admin', 'potion: -/only-admins']],
  ['potions are managed by administrators', ['role admin', 'potion: -/admins']],
  ['moderators can delete potions', ['accounts', 'role moderator']],
  // rules
  ['one vote per user and poll', ['unique vote(user poll)']],
  ['at most one review per user and product', ['unique review(user product)']],
  ['per month exactly one report per employee', ['unique report(month employee)']],
  ['a blog without comments', ['without comment']],
  ["notes, no login, we don't need tags", ['no accounts', 'without tag']],
  ['an order is open or closed', ['column order.status']],
];

test.each(says)('%j is understood', async (request, want) => {
  const facts = await factsOf(request);
  for (const fact of want) expect(facts).toContain(fact);
});

const silent: [string, string[]][] = [
  ['rules like this and zones', ['happens like']],
  ['volunteers sign up for shifts', ['accounts']],
  ['an inventory number for each costume', ['entity inventory']],
  ['late ones get a reminder', ['entity late_one']],
  ['tickets in categories (full, child)', ['closed category']],
  ['ingredients with amounts (200 g flour, 3 eggs)', ['entity flour', 'closed amount']],
  ['a room has a type (single, double)', ['entity single', 'closed type']],
  ['users want to order quickly', ['entity order']],
  ['no double bookings please', ['without booking']],
  ['tasks have a due date', ['entity date', 'entity due_date']],
  ['sports and weather', ['entity spot']],
  ['pasta toppings, patents and analysis', ['entity tipping', 'entity patient', 'entity analyst']],
  ['a stay is paid, and how (cash, card, transfer)', ['entity how', 'closed how']],
];

test.each(silent)('%j does not say more than it does', async (request, unwanted) => {
  const facts = await factsOf(request);
  for (const fact of unwanted) expect(facts).not.toContain(fact);
});
