import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { listenCommand } from '../../../src/commands/listen/options.ts';
import { SecretWatch } from '../../../src/commands/listen/secret-watch.ts';
import { resolveSecrets } from '../../../src/config/secrets.ts';
import type { Context } from '../../../src/system/context.ts';
import { createTerminal } from '../../../src/terminal/terminal.ts';
import { testContext } from '../../support/context.ts';
import { parseOptions } from '../../support/parse-options.ts';

interface Watched {
  readonly context: Context;
  /** The sources of the secrets that were taken over. */
  readonly changes: string[];
  readonly values: string[];
  readonly problems: string[];
  write(file: string, text: string): void;
}

/** A watch in an empty folder, stopped when the test ends. */
function watch(
  args: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Watched {
  const context = testContext();
  const write = (file: string, text: string): void => writeFileSync(join(context.cwd, file), text);
  for (const [file, text] of Object.entries(files)) write(file, text);
  const options = parseOptions(listenCommand, args);
  const terminal = createTerminal(context, {});
  const watched: Watched = { context, changes: [], values: [], problems: [], write };
  const secretWatch = new SecretWatch(
    { context, terminal, globals: {}, options, args: [] },
    {
      secrets: resolveSecrets(context, [], options),
      onChange: ({ chosen: [{ source, value }] }) => {
        watched.changes.push(source);
        watched.values.push(value);
      },
      onProblem: (message) => watched.problems.push(message),
    },
  );
  const running = secretWatch.run();
  onTestFinished(async () => {
    secretWatch.stop();
    await running;
  });
  return watched;
}

it('takes over a secret that is written to an env file, and the next one', async () => {
  const { write, changes, values } = watch();
  write('.env', 'RELYABLE_WEBHOOK_SECRET=whsec_first\n');
  await expect.poll(() => changes).toEqual(['RELYABLE_WEBHOOK_SECRET in .env']);
  write('.env.local', 'RELYABLE_WEBHOOK_SECRET=whsec_second\n');
  await expect.poll(() => values).toEqual(['whsec_first', 'whsec_second']);
});

it('takes over the variable that a new config names', async () => {
  const { write, changes } = watch([], { '.env': 'SHOP_SECRET=whsec_shop\n' });
  write('.relyablerc.json', '{"secretEnv":"SHOP_SECRET"}');
  await expect.poll(() => changes).toEqual(['SHOP_SECRET in .env']);
});

it('takes over what is written to the file of --secret-file', async () => {
  const { write, values } = watch(['--secret-file', 'key'], { key: 'whsec_first\n' });
  write('key', 'whsec_second\n');
  await expect.poll(() => values).toEqual(['whsec_second']);
});

it('keeps its secret while a file is half written, empty or broken', async () => {
  const { write, values, problems } = watch([], {
    '.env': 'RELYABLE_WEBHOOK_SECRET=whsec_first\n',
  });
  write('.env', '');
  write('.env', 'RELYABLE_WEBHOOK_SE');
  write('.env', 'RELYABLE_WEBHOOK_SECRET=\n');
  write('.relyablerc.json', '{"secretEnv": "SHO');
  await expect.poll(() => problems).toEqual([expect.stringContaining('.relyablerc.json')]);
  write('.relyablerc.json', '{}');
  write('.env', 'RELYABLE_WEBHOOK_SECRET=whsec_second\n');
  await expect.poll(() => values).toEqual(['whsec_second']);
});
