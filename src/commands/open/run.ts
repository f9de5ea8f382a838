import type { Invocation } from '../../invocation.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { storeSetting } from '../../config/settings.ts';
import { errorMessage, RelyableError } from '../../errors.ts';
import type { OpenFlags } from './options.ts';
import type { CaptureReader } from '../../store/captures.ts';
import { openReader } from '../../store/writer.ts';
import { agentUrl, DASHBOARD_URL, DOCS_URL, runUrl, subjectsOf } from '../../relyable/dashboard.ts';
import { hasBrowser } from '../kit/browser.ts';
import { loadLayers } from '../kit/invocation-config.ts';

const PAGES = ['webhooks', 'api-keys', 'docs', 'run', 'agent'];

/** How many captures are looked through for a run or an agent. */
const LOOK_BACK = 200;

interface Page {
  readonly url: string;
  /** Where to click from there, for pages whose own address is not published. */
  readonly click?: string;
}

/** Opens a page in the browser and prints its address, which also serves where there is no browser. */
export async function run(invocation: Invocation<OpenFlags>): Promise<number> {
  const { context, terminal, flags, args } = invocation;
  const [name = '', id, ...rest] = args;
  if (rest.length > 0) throw new RelyableError('USAGE', 'open: expected one page and one id');
  const page = await findPage(invocation, name, id);
  if (terminal.isJson) {
    terminal.json({ type: 'page', v: 1, page: name, url: page.url, click: page.click ?? null });
  } else {
    terminal.data(terminal.link(page.url, page.url));
  }
  if (page.click !== undefined) terminal.info(`there: ${page.click}`);
  if (flags.print === true) return 0;
  if (!hasBrowser(context)) {
    terminal.info('no desktop here: open the address above yourself');
    return 0;
  }
  try {
    await context.openUrl(page.url);
  } catch (error) {
    terminal.warn(`the browser did not start (${errorMessage(error)}); open the address above`);
  }
  return 0;
}

async function findPage(
  invocation: Invocation<OpenFlags>,
  name: string,
  id: string | undefined,
): Promise<Page> {
  if (id !== undefined && name !== 'run' && name !== 'agent') {
    throw new RelyableError('USAGE', `open ${name}: expected no id, got "${id}"`);
  }
  switch (name) {
    case 'webhooks':
      return { url: DASHBOARD_URL, click: 'Settings → Webhooks' };
    case 'api-keys':
      return { url: DASHBOARD_URL, click: 'Settings → API Keys' };
    case 'docs':
      return { url: DOCS_URL };
    case 'agent':
      return { url: agentUrl(id ?? (await findAgent(invocation))) };
    case 'run':
      return { url: await findRun(invocation, id) };
    default: {
      throw new RelyableError('USAGE', `open: expected one of ${PAGES.join(', ')}, got "${name}"`, {
        hint: didYouMean(name, PAGES) ?? 'see relyable open --help',
      });
    }
  }
}

async function findAgent(invocation: Invocation<OpenFlags>): Promise<string> {
  const agent = await searchCaptures(invocation, ({ agentId }) => agentId);
  if (agent !== undefined) return agent;
  throw new RelyableError('NOT_FOUND', 'open agent: no capture names an agent', {
    hint: 'relyable open agent <agent id>',
  });
}

/** A run's page lies under its agent: `<agent>/<run>`, or a run that a capture tells the agent of. */
async function findRun(invocation: Invocation<OpenFlags>, id: string | undefined): Promise<string> {
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

/** The first answer that is not undefined, newest capture first. */
async function searchCaptures<T>(
  invocation: Invocation<OpenFlags>,
  pick: (subjects: ReturnType<typeof subjectsOf>) => T | undefined,
): Promise<T | undefined> {
  const layers = await loadLayers(invocation);
  const { value: file } = storeSetting(invocation.context, layers, undefined);
  const reader: CaptureReader | undefined = openReader(file);
  try {
    for (const capture of reader?.list({}, LOOK_BACK) ?? []) {
      const found = pick(subjectsOf(capture.body));
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    reader?.close();
  }
}
