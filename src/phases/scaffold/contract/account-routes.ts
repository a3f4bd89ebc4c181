import type { ContractAction } from '../../../domain/contract-plan.ts';
import type { ViewField } from '../../../domain/contract-rows.ts';
import type { ContractBody, ContractInput } from '../../../domain/contract-values.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import { PASSWORD_FIELD, registrationFields } from '../../../domain/rest.ts';
import { jsonCode, LINE_WIDTH, member, property } from '../source.ts';
import { valueCode } from './check-code.ts';
import { omittedPart, rowFields, showLines, shownCode } from './read-routes.ts';
import {
  askerLine,
  constantCode,
  constantMembers,
  foundLine,
  handlerList,
  read,
  statusLine,
  valuesLine,
} from './route-lines.ts';
import { type RouteScene, routeFile, sqlScene, statement, where } from './route-module.ts';
import { keyOf, Parameters, tableIn } from './sql.ts';
import { bodyPart, inputLine, resourceOf, setLines } from './stored.ts';

type Of<K extends ContractAction['kind']> = Extract<ContractAction, { kind: K }>;

function accountsOf({ schema }: RouteScene) {
  if (!schema.accounts) throw new RangeError('nobody signs in');
  return schema.accounts;
}

/** The check of a login that is an e-mail address: the same however it is written. */
function loginCheck(scene: RouteScene, body: ContractBody): (column: string) => string | undefined {
  const { login } = accountsOf(scene);
  const input = body.inputs.find(({ column }) => column === login);
  const isAddress = input?.check.kind === 'email' || /(?:^|_)email$/.test(login);
  return (column) =>
    column === login && input && isAddress ? `z.preprocess(usualAddress, ${valueCode(input.check)})` : undefined;
}

/** The whole answer: members of the account, its token, and what holds them. */
function accountAnswer(view: Of<'me'>['view'], omitted: readonly string[]): string {
  const row = shownCode('shown', omitted);
  const code = (fields: readonly ViewField[]): string => {
    const members = fields.flatMap((field) => {
      if (field.kind === 'token') return [field.name === 'token' ? 'token' : `${property(field.name)}: token`];
      if (field.kind === 'constant') return [`${property(field.name)}: ${constantCode(field.value)}`];
      return field.kind === 'self' ? [`${property(field.name)}: ${code(field.fields)}`] : [];
    });
    const hasRow = fields.some(({ kind }) => !BESIDE_ROWS.has(kind));
    const all = [...(hasRow ? [`...${row}`] : []), ...members];
    return all.length === 1 && hasRow ? row : `{ ${all.join(', ')} }`;
  };
  const whole = code(view.fields);
  if (view.wrap === null) return handlerLine(whole);
  return handlerList('return {', [...constantMembers(view), `${property(view.wrap)}: ${whole}`], '};');
}

/** What of an account is in no row. */
const BESIDE_ROWS: ReadonlySet<string> = new Set(['token', 'self', 'constant']);

function handlerLine(object: string): string {
  const line = `return ${object};`;
  if (line.length + 2 <= LINE_WIDTH || !object.startsWith('{ ')) return line;
  return handlerList('return {', object.slice(2, -2).split(', '), '};');
}

function hasToken(fields: readonly ViewField[]): boolean {
  return fields.some((field) => field.kind === 'token' || (field.kind === 'self' && hasToken(field.fields)));
}

/** The SELECT of one's own account; `reader` reads it. */
function shownAccount(scene: RouteScene, view: Of<'me'>['view'], id: string) {
  const table = tableIn(scene, accountsOf(scene).table);
  const sql = { ...sqlScene(scene), isCertain: true };
  const fields = rowFields(view.fields);
  if (fields.every(({ kind }) => BESIDE_ROWS.has(kind))) return { part: '', values: [], omitted: [] };
  const { row, lines, omitted } = showLines(sql, table, view, true);
  const text = [...lines, ...where([`${row}.${keyOf(table)} = ${sql.parameters.of('account.id')}`])];
  const values = sql.parameters.values.map((value) => (value === 'account.id' ? id : value));
  const show = statement('SHOW', `${table.name}.${scene.operation.id}.show`, text);
  const names = omittedPart(omitted);
  return { part: names === '' ? show : `${show}\n\n${names}`, values, omitted };
}

/** `POST /users`. */
export function registerRoute(scene: RouteScene, { body, view }: Of<'register'>): string {
  const shown = shownAccount(scene, view, 'id');
  const fields = registrationFields(scene.schema);
  const sent = body.inputs.filter(({ isPassword }) => !isPassword);
  const password = body.inputs.find(({ isPassword }) => isPassword);
  const known = sent.filter(({ column }) => fields.some((field) => field.column.name === column));
  const members = known.map((input) => `${property(input.column)}: ${sentCode(input, fields)}`);
  const secret = member('input', password?.name ?? PASSWORD_FIELD);
  const token = hasToken(view.fields);
  return routeFile(
    scene,
    [bodyPart(body, loginCheck(scene, body)), shown.part],
    [
      inputLine(body),
      'await countRegistration(event);',
      `const password = ${secret};`,
      'const passwordHash = await hashPassword(password);',
      handlerList('const sent = {', [...members, 'password'], '};'),
      'const made = await asSystem(async (run) => {',
      '  const row = await insertAccount(run, sent, passwordHash);',
      token ? '  const session = row && (await startSession(run, keyOf(row), passwordHash));' : '',
      token
        ? "  if (!session) throw new Error('A new account could not be signed in.');"
        : "  if (!row) throw new Error('No account was made.');",
      token ? '  return { id: keyOf(row), session };' : '  return { id: keyOf(row) };',
      '});',
      'const { id } = made;',
      token ? 'const token = makeToken(id, made.session.id);' : '',
      shown.part === ''
        ? ''
        : foundLine('shown', `await readRowAs<object>({ id, isAdmin: false }, SHOW, [${shown.values.join(', ')}])`),
      statusLine(scene),
      accountAnswer(view, shown.omitted),
    ],
  );
}

/** What is sent for a member; what it is when it is left out. */
function sentCode(input: ContractInput, fields: ReturnType<typeof registrationFields>): string {
  const given = member('input', input.name);
  const preset = fields.find(({ column }) => column.name === input.column)?.column.default;
  if (input.required || !preset || !('value' in preset)) return given;
  const value = preset.value === '{}' || preset.value === '[]' ? '[]' : jsonCode(preset.value);
  return `${given} ?? ${value}`;
}

/** `POST /users/login`. */
export function loginRoute(scene: RouteScene, action: Of<'login'>): string {
  const { body, view } = action;
  const shown = shownAccount(scene, view, 'signed.id');
  const login = member('input', action.login);
  const password = member('input', action.password);
  return routeFile(
    scene,
    [bodyPart(body, loginCheck(scene, body)), shown.part],
    [
      inputLine(body),
      `const login = ${login};`,
      "const signed = await countingFailures(event, ['login', login].join(' '), async () => {",
      '  const known = await asSystem((run) => findLogin(run, login));',
      `  const isRight = await verifyPassword(${password}, known?.passwordHash);`,
      '  if (!known || !isRight) return null;',
      '  const { id, passwordHash } = known;',
      '  const session = await asSystem((run) => startSession(run, id, passwordHash));',
      '  return session && { id, token: makeToken(id, session.id) };',
      '});',
      "if (!signed) throw unauthorized('The login or the password is wrong.');",
      'const { token } = signed;',
      shown.part === ''
        ? ''
        : foundLine(
            'shown',
            `await readRowAs<object>({ id: signed.id, isAdmin: false }, SHOW, [${shown.values.join(', ')}])`,
          ),
      statusLine(scene),
      accountAnswer(view, shown.omitted),
    ],
  );
}

/** `GET /user`. */
export function meRoute(scene: RouteScene, { view }: Of<'me'>): string {
  const shown = shownAccount(scene, view, 'account.id');
  return routeFile(
    scene,
    [shown.part],
    [
      askerLine(scene),
      foundLine('shown', read(scene, 'readRow', 'object', 'SHOW', shown.values)),
      hasToken(view.fields) ? 'const token = makeToken(account.id, account.sessionId);' : '',
      accountAnswer(view, shown.omitted),
    ],
  );
}

/** `PUT /user`. A new password ends all other sessions. */
export function changeMeRoute(scene: RouteScene, { body, view }: Of<'changeMe'>): string {
  const { table: accounts } = accountsOf(scene);
  const table = tableIn(scene, accounts);
  const parameters = new Parameters();
  const id = parameters.of('account.id');
  const password: ContractInput | undefined = body.inputs.find(({ isPassword }) => isPassword);
  const sets = setLines(parameters, resourceOf(scene, accounts), body, false);
  const text = [
    `update ${APP_SCHEMA}.${name(accounts)}`,
    'set',
    ...sets.map((set, at) => `  ${set}${at < sets.length - 1 ? ',' : ''}`),
    `where ${keyOf(table)} = ${id}`,
    `returning ${keyOf(table)} as key`,
  ];
  const shown = shownAccount(scene, view, 'account.id');
  return routeFile(
    scene,
    [
      bodyPart(body, loginCheck(scene, body)),
      statement('UPDATE', `${accounts}.${scene.operation.id}`, text),
      shown.part,
    ],
    [
      askerLine(scene),
      inputLine(body),
      valuesLine(parameters.values),
      'found(await writeRow<{ key: string | number }>(account, UPDATE, values));',
      ...(password
        ? [
            `if (${member('input', password.name)} !== undefined) {`,
            '  await asSystem((run) => endOtherSessions(run, account.id, account.sessionId));',
            '}',
          ]
        : []),
      foundLine('shown', read(scene, 'readRow', 'object', 'SHOW', shown.values)),
      hasToken(view.fields) ? 'const token = makeToken(account.id, account.sessionId);' : '',
      accountAnswer(view, shown.omitted),
    ],
  );
}

/** `POST /logout`. */
export function logoutRoute(scene: RouteScene): string {
  const { status } = scene.operation;
  return routeFile(
    scene,
    [],
    [
      askerLine(scene),
      'await endSession(account.sessionId);',
      status === 204 ? 'return noContent();' : `return new Response(null, { status: ${status} });`,
    ],
  );
}
