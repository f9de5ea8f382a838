import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { isLoopback } from '../../http/loopback.ts';
import type { Invocation } from '../../invocation.ts';
import { formatCurlCommand } from '../../request/curl.ts';
import { quotePosix } from '../../shell-quote.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { createRequest } from './deliver.ts';
import type { PrintForm, TriggerOptions } from './options.ts';
import type { TriggerPlan } from './plan.ts';
import { formatHttpRequest, triggerToJson } from './view.ts';

/**
 * The form of `--print`, or that of `--dry-run`; null where the requests are sent. USAGE for another
 * form than JSON under `--json`.
 */
export function printFormOf(
  { print, dryRun }: TriggerOptions,
  { isJson }: Pick<Terminal, 'isJson'>,
): PrintForm | null {
  if (isJson && print !== undefined && print !== 'json') {
    throw new RelyableError('USAGE', `--json: a request as ${print} is not JSON`, {
      hint: 'use --print json, or leave out --json',
    });
  }
  if (print !== undefined) return print;
  if (!dryRun) return null;
  return isJson ? 'json' : 'http';
}

/** `--print` and `--dry-run`: the requests on stdout, nothing sent. */
export function printRequests(
  { terminal, options }: Invocation<TriggerOptions>,
  form: PrintForm,
  plan: TriggerPlan,
): number {
  for (let index = 0; index < plan.count; index++) {
    const request = createRequest(plan.payloadOf(index), plan.request);
    const { outgoing } = request;
    switch (form) {
      case 'json':
        terminal.json(
          triggerToJson({ request, attempts: [], isDelivered: false, hint: null, diagnosis: null }),
        );
        break;
      case 'curl':
        terminal.raw(
          `${formatCurlCommand({ ...outgoing, options: curlOptions(outgoing.url, options) })}\n`,
        );
        break;
      case 'http':
        terminal.raw(formatHttpRequest(outgoing));
    }
  }
  return EXIT_SUCCESS;
}

function curlOptions(to: URL, { insecure, cacert }: TriggerOptions): string[] {
  return [
    // A proxy of the environment must not be used for apps on this machine.
    ...(isLoopback(to) ? [`--noproxy '*'`] : []),
    ...(insecure ? ['--insecure'] : []),
    ...(cacert === undefined ? [] : [`--cacert ${quotePosix(cacert)}`]),
  ];
}
