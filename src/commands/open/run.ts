import type { Invocation } from '../../invocation.ts';
import { parseOneOf } from '../../config/values.ts';
import { storeSetting } from '../../config/settings.ts';
import { errorMessage, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { openReader } from '../../store/writer.ts';
import { DASHBOARD_URL, DOCS_URL } from '../../relyable/addresses.ts';
import { agentUrl, runUrl, subjectsOf } from '../../relyable/dashboard.ts';
import { hasBrowser } from '../kit/browser.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { type OpenOptions, PAGES } from './options.ts';
import { type Page, pageView } from './view.ts';

/** How many captures are searched for a run or an agent, newest first. */
const SEARCHED_CAPTURES = 200;

/** Opens a page in the browser and prints its address, which is enough where there is no browser. */
export async function run(invocation: Invocation<OpenOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const page = await findPage(invocation);
  terminal.show(pageView(page));
  if (page.click !== null) terminal.info(`there: ${page.click}`);
  if (options.print) return EXIT_SUCCESS;
  if (!hasBrowser(context)) {
    terminal.info('no desktop here: open the address above yourself');
    return EXIT_SUCCESS;
  }
  try {
    await context.openUrl(page.url);
  } catch (error) {
    terminal.warn(`the browser did not start (${errorMessage(error)}); open the address above`);
  }
  return EXIT_SUCCESS;
}

async function findPage(invocation: Invocation<OpenOptions>): Promise<Page> {
  const [word = '', id] = invocation.args;
  const name = parseOneOf(PAGES)(word, 'open');
  if (id !== undefined && name !== 'run' && name !== 'agent') {
    throw new RelyableError('USAGE', `open ${name}: expected no id, got "${id}"`);
  }
  switch (name) {
    case 'webhooks':
      return { name, url: DASHBOARD_URL, click: 'Settings → Webhooks' };
    case 'api-keys':
      return { name, url: DASHBOARD_URL, click: 'Settings → API Keys' };
    case 'docs':
      return { name, url: DOCS_URL, click: null };
    case 'agent':
      return { name, url: agentUrl(id ?? (await findAgent(invocation))), click: null };
    case 'run':
      return { name, url: await findRun(invocation, id), click: null };
  }
}

async function findAgent(invocation: Invocation<OpenOptions>): Promise<string> {
  const agent = await searchCaptures(invocation, ({ agentId }) => agentId);
  if (agent !== undefined) return agent;
  throw new RelyableError('NOT_FOUND', 'open agent: no capture names an agent', {
    hint: 'relyable open agent <agent id>',
  });
}

/** A run's address contains its agent: given as `<agent>/<run>`, or found in a capture of the run. */
async function findRun(
  invocation: Invocation<OpenOptions>,
  id: string | undefined,
): Promise<string> {
  const [agent, run, ...more] = id?.split('/') ?? [];
  if (agent && run && more.length === 0) return runUrl(agent, run);
  const url = await searchCaptures(invocation, ({ agentId, runId }) =>
    agentId !== undefined && runId !== undefined && (id === undefined || runId === id)
      ? runUrl(agentId, runId)
      : undefined,
  );
  if (url !== undefined) return url;
  throw new RelyableError(
    'NOT_FOUND',
    id === undefined ? 'open run: no capture names a run' : `open run: no capture names "${id}"`,
    { hint: 'name its agent as well: relyable open run <agent id>/<run id>' },
  );
}

/** The first result of `pick` that is not undefined, newest capture first. */
async function searchCaptures<T>(
  invocation: Invocation<OpenOptions>,
  pick: (subjects: ReturnType<typeof subjectsOf>) => T | undefined,
): Promise<T | undefined> {
  const { layers } = await readConfig(invocation);
  const { value: file } = storeSetting(invocation.context, layers, undefined);
  const reader = openReader(file);
  try {
    for (const capture of reader?.list({}, SEARCHED_CAPTURES) ?? []) {
      const found = pick(subjectsOf(capture.body));
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    reader?.close();
  }
}
