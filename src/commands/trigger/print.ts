import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import type { TriggerFlags } from './options.ts';
import { isLoopback } from '../../http/loopback.ts';
import { formatHttpRequest, triggerToJson } from './view.ts';
import type { TriggerRequest } from './deliver.ts';
import { formatCurlCommand } from '../../request/curl.ts';
import { quotePosix } from '../../shell-quote.ts';
import type { PrintForm } from './settings.ts';

/** `--print` and `--dry-run`: the requests on stdout, nothing sent. */
export function printRequests(
  { terminal, flags }: Invocation<TriggerFlags>,
  form: PrintForm,
  requests: readonly TriggerRequest[],
): number {
  for (const request of requests) {
    const { outgoing } = request;
    if (form === 'json') {
      terminal.json(
        triggerToJson({ request, attempts: [], isDelivered: false, hint: null, finding: null }),
      );
    } else if (form === 'curl') {
      const options = curlOptions(outgoing.url, flags);
      terminal.raw(`${formatCurlCommand({ ...outgoing, options })}\n`);
    } else {
      terminal.raw(formatHttpRequest(outgoing));
    }
  }
  return EXIT_SUCCESS;
}

function curlOptions(to: URL, { insecure, cacert }: TriggerFlags): string[] {
  const options: string[] = [];
  // A proxy of the environment has no business with this machine's own apps.
  if (isLoopback(to)) options.push(`--noproxy '*'`);
  if (insecure === true) options.push('--insecure');
  if (cacert !== undefined) options.push(`--cacert ${quotePosix(cacert)}`);
  return options;
}
