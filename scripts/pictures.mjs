// Records the pictures of README.md and docs/ from real sessions: the built program runs in a terminal of
// 80 columns, with an app, a listener and a home folder of its own. `npm run pictures` makes them again; it
// needs the ports 3000, 4400 and 4500.
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import headless from '@xterm/headless';
import { drawSvg, readScreen } from './terminal-svg.mjs';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'docs/pictures');
const SECRET = 'whsec_of_the_pictures';
const COLUMNS = 80;
const home = mkdtempSync(join(tmpdir(), 'relyable-pictures-'));
/** As long as its replacement, so that no column moves. */
const storeFile = join(home, 'captures.db');

/** The built program in a terminal; its first line is the command as a user types it. */
function startSession(line, { rows = 24, env = {} } = {}) {
  const terminal = new headless.Terminal({ cols: COLUMNS, rows, allowProposedApi: true });
  const written = (text) => new Promise((resolve) => terminal.write(text, resolve));
  terminal.write(`\u001b[2m$\u001b[0m \u001b[1m${line}\u001b[0m\r\n`);
  const words = line
    .match(/"[^"]*"|'[^']*'|\S+/g)
    .map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
  const pty = spawn(process.execPath, [join(ROOT, 'bin/relyable.js'), ...words.slice(1)], {
    cwd: home,
    cols: COLUMNS,
    rows,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      RELYABLE_WEBHOOK_SECRET: SECRET,
      RELYABLE_STORE: storeFile,
      RELYABLE_NO_UPDATE_CHECK: '1',
      ...env,
    },
  });
  let waiters = [];
  pty.onData(async (data) => {
    await written(data.replaceAll(storeFile, '~/.local/share/relyable/captures.db'));
    for (const waiter of waiters.splice(0)) waiter();
  });
  const text = () =>
    Array.from({ length: terminal.buffer.active.length }, (_, y) =>
      terminal.buffer.active.getLine(y).translateToString(true),
    ).join('\n');
  const ended = new Promise((resolve) => pty.onExit(resolve));
  return {
    type: (keys) => pty.write(keys),
    /** Resolves with the screen once the text is on it. */
    until: async (wanted) => {
      while (!text().includes(wanted)) await new Promise((resolve) => waiters.push(resolve));
      return readScreen(terminal);
    },
    /** Resolves with the screen when the program has ended. */
    end: async () => {
      await ended;
      await written('');
      return readScreen(terminal);
    },
  };
}

/** An app like most: it refuses forged events, and fails for one kind of them until it is fixed. */
let isFixed = false;
const app = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => answer(request, Buffer.concat(chunks), response));
});

function answer(request, body, response) {
  const expected = createHmac('sha256', SECRET).update(body).digest('hex');
  const isGenuine = request.headers['x-relyable-signature'] === expected;
  const fails = isGenuine && !isFixed && body.includes('agent.score_dropped');
  response.statusCode = fails ? 500 : isGenuine ? 200 : 401;
  response.end(fails ? '{"error":"no such agent"}' : isGenuine ? 'OK' : 'Invalid signature');
}

async function save(name, title, screens) {
  const svg = drawSvg(screens, { columns: COLUMNS, title });
  writeFileSync(join(FOLDER, `${name}.svg`), svg);
  process.stdout.write(`docs/pictures/${name}.svg  ${Math.round(svg.length / 1024)} KB\n`);
}

/** The screen of a command that ends. */
async function still(name, title, line, options = { rows: 40 }) {
  const screen = await startSession(line, options).end();
  await save(name, title, [{ lines: screen, ms: 1000 }]);
}

async function send(event, ...more) {
  await startSession(
    `relyable trigger ${[event, '--to', '4400', '--no-probe', ...more].join(' ')}`,
  ).end();
}

async function recordListen() {
  const screens = [];
  const show = (lines, ms) => screens.push({ lines, ms });
  const session = startSession('relyable listen 3000/webhooks/relyable', { rows: 24 });
  show(await session.until('up  0 received'), 1500);
  await send('test_run.completed');
  show(await session.until('1 received'), 1500);
  await send('agent.score_dropped');
  show(await session.until('2 received'), 2500);
  await send('test_run.failed', '--tamper', 'prefix', '--expect-status', '401');
  show(await session.until('3 received'), 3500);
  session.type('k');
  show(await session.until('> '), 1000);
  session.type('k');
  show(await session.until('> '), 1500);
  isFixed = true;
  session.type('r');
  show(await session.until('replay of'), 3000);
  session.type('q');
  show(await session.until('answered in'), 4000);
  await session.end();
  await save(
    'listen',
    'relyable listen: events come in, one fails, one is forged, one is replayed',
    screens,
  );
}

/** The emulator while the app fails for one kind of events, and what its delivery log then has. */
async function recordEmulate() {
  isFixed = false;
  const session = startSession(
    'relyable emulate --endpoint 3000/webhooks/relyable --speed instant --send all',
    { rows: 44 },
  );
  const screen = await session.until('See Settings');
  await save('emulate', 'relyable emulate', [{ lines: screen, ms: 1000 }]);
  const env = { RELYABLE_API_URL: 'http://127.0.0.1:4500/api', RELYABLE_API_KEY: 'any' };
  await still('logs', 'relyable logs', 'relyable logs', { rows: 12, env });
  session.type('\u0003');
  await session.end();
}

mkdirSync(FOLDER, { recursive: true });
await new Promise((resolve) => app.listen(3000, 'localhost', resolve));
try {
  await recordListen();
  await still(
    'trigger',
    'relyable trigger all',
    'relyable trigger all --to 3000/webhooks/relyable',
  );
  await still('captures', 'relyable captures list', 'relyable captures list');
  await still(
    'verify',
    'relyable verify last --explain',
    'relyable verify last --explain --framework express',
    { rows: 44 },
  );
  await still('check', 'relyable check', 'relyable check 3000/webhooks/relyable');
  await recordEmulate();
} finally {
  app.close();
  rmSync(home, { recursive: true, force: true });
}
