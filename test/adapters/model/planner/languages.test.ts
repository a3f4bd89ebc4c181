import { expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import { shippedLexicon } from '../../../support/planner.ts';

test.each([
  ['Gestion d’une bibliothèque: livres, auteurs, emprunteurs, emprunts', ['books', 'authors', 'borrowers', 'loans']],
  ['tienda online con productos, clientes y pedidos', ['products', 'customers', 'orders']],
  ['sistema para uma escola com alunos, professores e turmas', ['students', 'teachers', 'classes']],
  ['gestione prenotazioni ristorante: tavoli, clienti, prenotazioni', ['tables', 'customers', 'reservations']],
  ['voorraadbeheer voor een magazijn: artikelen, leveranciers, bestellingen', ['items', 'suppliers']],
  ['Verein mit Mitgliedern, Veranstaltungen und Anmeldungen', ['members', 'events', 'registrations']],
])('%s', async (text, tables) => {
  const { schema } = await planner({ lexicon: await shippedLexicon() }).design({ text });
  expect(schema.tables.map(({ name }) => name)).toEqual(expect.arrayContaining(tables));
});

test.each(['convertisseur de devises sans base de données', 'Umrechner von Celsius nach Fahrenheit ohne Datenbank'])(
  '%s: nothing is kept',
  async (text) => {
    const { needsDatabase } = await planner({ lexicon: await shippedLexicon() }).detect({ text });
    expect(needsDatabase).toBe(false);
  },
);

test('English words that another language has too are English', async () => {
  const { schema } = await planner({ lexicon: await shippedLexicon() }).design({ text: 'todo app, no login' });
  expect(schema.accounts).toBeNull();
});
