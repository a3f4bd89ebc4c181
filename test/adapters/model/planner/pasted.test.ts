import { beforeAll, expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import type { Schema } from '../../../../src/domain/schema.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { shippedLexicon } from '../../../support/planner.ts';

let model: Model;
beforeAll(async () => {
  model = planner({ lexicon: await shippedLexicon() });
});

const MADE = new Set(['id', 'created_at', 'updated_at']);

/** A line for each table: `name?*:type`, `>table` for references, `(a|b)` for values, `[min..max]` for limits. */
function lines({ tables, enums }: Schema): readonly string[] {
  const values = new Map(enums.map((one) => [one.name, `(${one.values.join('|')})`]));
  return tables.map(({ name, columns }) => {
    const shown = columns
      .filter((column) => !MADE.has(column.name))
      .map(({ name: column, nullable, unique, type, references, check }) => {
        const what = references ? `>${references.table}` : `:${values.get(type) ?? type}`;
        const limits =
          check && (check.min ?? check.max) !== undefined ? `[${check.min ?? ''}..${check.max ?? ''}]` : '';
        return `${column}${nullable ? '?' : ''}${unique ? '*' : ''}${what}${limits}`;
      });
    return `${name} ${shown.join(' ')}`;
  });
}

const pasted: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'GraphQL on lines, where only what is marked must be there',
    'type Spell {\n  id: ID!\n  title: String!\n  power: Int\n  school: School!\n  wizard: Wizard!\n}\ntype Wizard {\n  name: String!\n  spells: [Spell!]!\n}\nenum School {\n  FIRE\n  ICE\n}',
    ['spells wizard_id>wizards title:text power?:integer school:(fire|ice)', 'wizards name:text'],
  ],
  [
    'GraphQL in one line',
    'type Spell { id: ID! title: String! wizard: Wizard! } type Wizard { id: ID! name: String! }',
    ['spells wizard_id>wizards title:text', 'wizards name:text'],
  ],
  [
    'TypeScript with values, children and what may be missing',
    "interface Spell { id: number; title: string; kind: 'attack' | 'shield'; wizardId: number; runes?: number }\ntype Wizard = { id: number; hat: string | null; spells: Spell[] };",
    ['spells wizard_id>wizards title:text kind:(attack|shield) runes?:numeric', 'wizards hat?:text'],
  ],
  [
    'Prisma with an enumeration',
    'model Spell {\n  id Int @id @default(autoincrement())\n  rune String @unique\n  power Int?\n  state State @default(NEW)\n  wizard Wizard @relation(fields: [wizardId], references: [id])\n  wizardId Int\n  @@index([rune])\n}\nmodel Wizard {\n  id Int @id\n  hat String\n  spells Spell[]\n}\nenum State {\n  NEW\n  CAST\n}',
    ['spells wizard_id>wizards rune*:text power?:integer state:(new|cast)', 'wizards hat:text'],
  ],
  [
    'TypeORM with decorators above and beside',
    '@Entity()\nexport class Spell {\n  @PrimaryGeneratedColumn()\n  id: number;\n\n  @Column({ length: 50 })\n  title: string;\n\n  @Column("text", { nullable: true })\n  rune: string;\n\n  @ManyToOne(() => Wizard, (wizard) => wizard.spells)\n  wizard: Wizard;\n\n  cast(): void { console.log("x"); }\n}\n@Entity()\nexport class Wizard {\n  @PrimaryGeneratedColumn() id: number;\n  @Column({ unique: true }) hat: string;\n  @OneToMany(() => Spell, (spell) => spell.wizard)\n  spells: Spell[];\n}',
    ['spells wizard_id>wizards title:text rune?:text', 'wizards hat*:text'],
  ],
  [
    'Java with annotations',
    '@Entity\npublic class Wizard {\n  @Id @GeneratedValue\n  private Long id;\n  @Column(nullable = false)\n  private String hat;\n  private LocalDate joinedOn;\n  @OneToMany(mappedBy = "wizard")\n  private List<Spell> spells;\n  public String getHat() { return hat; }\n}',
    ['wizards hat:text joined_on:date'],
  ],
  [
    'C#',
    'public class Wizard\n{\n  public int Id { get; set; }\n  public string Hat { get; set; }\n  public decimal? Wage { get; set; }\n}',
    ['wizards hat:text wage?:numeric(12, 2)[0..]'],
  ],
  [
    'Kotlin',
    'data class Wizard(val id: Long, val hat: String, val age: Int?)',
    ['wizards hat:text age?:integer[0..150]'],
  ],
  [
    'Go',
    'type Wizard struct {\n\tID int64 `json:"id"`\n\tHat string `json:"hat"`\n\tRune *string `json:"rune"`\n}\ntype Spell struct {\n\tWizardID int64\n\tPower float64\n}',
    ['wizards hat:text rune?:text', 'spells wizard_id>wizards power:double precision'],
  ],
  [
    'Rust',
    'pub struct Wizard {\n  pub id: Uuid,\n  pub hat: String,\n  pub rune: Option<String>,\n}',
    ['wizards hat:text rune?:text'],
  ],
  [
    'Mongoose, named by its model',
    "const S = new mongoose.Schema({ title: { type: String, required: true }, power: { type: Number, min: 1, max: 9 }, state: { type: String, enum: ['new', 'cast'] }, wizard: { type: mongoose.Schema.Types.ObjectId, ref: 'Wizard' } });\nconst wizardSchema = new Schema({ hat: { type: String, unique: true, required: true } });\nmodule.exports = mongoose.model('Spell', S);",
    ['spells wizard_id?>wizards title:text power?:numeric[1..9] state?:(new|cast)', 'wizards hat*:text'],
  ],
  [
    'Drizzle',
    "export const spells = pgTable('spells', { id: serial('id').primaryKey(), rune: varchar('rune', { length: 10 }).notNull().unique(), wizardId: integer('wizard_id').references(() => wizards.id) });\nexport const wizards = pgTable('wizards', { id: serial('id').primaryKey(), hat: text('hat').notNull() });",
    ['spells wizard_id?>wizards rune*:text', 'wizards hat:text'],
  ],
  [
    'Zod',
    "const wizardSchema = z.object({ hat: z.string().min(1), power: z.number().int().min(1).max(9).optional(), kind: z.enum(['red', 'blue']) })",
    ['wizards hat:text power?:integer[1..9] kind:(red|blue)'],
  ],
  [
    'Sequelize',
    "const Wizard = sequelize.define('Wizard', { hat: { type: DataTypes.STRING, allowNull: false }, power: DataTypes.INTEGER });",
    ['wizards hat:text power?:integer'],
  ],
  [
    'a migration of Laravel',
    "Schema::create('spells', function (Blueprint $table) {\n  $table->id();\n  $table->string('title')->unique();\n  $table->text('rune')->nullable();\n  $table->foreignId('wizard_id')->constrained();\n  $table->enum('state', ['new', 'cast']);\n  $table->timestamps();\n});",
    ['spells wizard_id>wizards title*:text rune?:text state:(new|cast)', 'wizards name:text'],
  ],
  [
    'SQL with an enumeration and columns that may be null',
    "CREATE TYPE mood AS ENUM ('happy', 'sad');\nCREATE TABLE wizards (id int primary key, hat text not null, mood mood not null, rune text);",
    ['wizards hat:text mood:(happy|sad) rune?:text'],
  ],
  [
    "MySQL's dump",
    "CREATE TABLE `spells` (\n `id` int(11) NOT NULL AUTO_INCREMENT,\n `wizard_id` int(11) NOT NULL,\n `state` enum('new','cast') NOT NULL DEFAULT 'new',\n PRIMARY KEY (`id`),\n KEY `w` (`wizard_id`),\n CONSTRAINT `fk` FOREIGN KEY (`wizard_id`) REFERENCES `wizards` (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8;",
    ['spells wizard_id>wizards state:(new|cast)', 'wizards name:text'],
  ],
  [
    'YAML of things and their fields',
    'entities:\n  Wizard:\n    hat: string\n    joined_at: datetime?\n    mood: enum(happy, sad)\n  Spell:\n    wizard: Wizard\n    title: text',
    ['wizards hat:text joined_at?:bigint mood:(happy|sad)', 'spells wizard_id>wizards title:text'],
  ],
  [
    'JSON of tables and columns',
    '{"tables":[{"name":"wizards","columns":[{"name":"hat","type":"string","unique":true},{"name":"mood","type":"enum","values":["happy","sad"]}]},{"name":"spells","columns":[{"name":"wizard_id","type":"integer","references":"wizards"},{"name":"title","type":"string","nullable":true}]}]}',
    ['wizards hat*:text mood:(happy|sad)', 'spells wizard_id>wizards title?:text'],
  ],
  [
    'schemas of an API description',
    'components:\n  schemas:\n    Wizard:\n      type: object\n      required: [hat]\n      properties:\n        id: { type: integer }\n        hat: { type: string }\n        mood:\n          type: string\n          enum: [happy, sad]',
    ['wizards hat:text mood?:(happy|sad)'],
  ],
  [
    'code in a fence, with a sentence behind it',
    '```ts\ninterface Wizard { hat: string }\n```\nEach spell has a title and a rune.',
    ['wizards hat:text', 'spells title:text rune:text'],
  ],
];

test.each(pasted)('%s is read as what it declares', async (_name, text, want) => {
  expect(lines((await model.design({ text })).schema)).toEqual(want);
});

test.each([
  ['a list below a heading', 'books:\n  - title\n  - isbn unique', 'books'],
  ['a sample', '{"wizards":[{"hat":"red","age":41}]}', 'wizards'],
  ['a sentence with braces', 'a blog where {admins} write posts', 'posts'],
])('%s stays with the readers of running text', async (_name, text, table) => {
  expect((await model.design({ text })).schema.tables.map(({ name }) => name)).toContain(table);
});

test('code that never ends, deep trees and hostile keys are read in good time and give a schema', async () => {
  const hostile = [
    `interface A { ${'a: { '.repeat(500)}`,
    `${'{"a":'.repeat(500)}1`,
    `x:\n${Array.from({ length: 400 }, (_, i) => `${' '.repeat(i + 1)}k${i}:`).join('\n')}`,
    'entities:\n  __proto__:\n    polluted: string\n  constructor:\n    prototype: string',
    `class A { ${'@X('.repeat(1000)} }`,
    `x${' '.repeat(7000)}y is 1 to 2`,
    `status is ${'a or '.repeat(1500)}`,
    `model B {\n${'  a String\n'.repeat(900)}}`,
  ];
  for (const text of hostile) expect((await model.design({ text })).schema.tables.length).toBeGreaterThan(0);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});
