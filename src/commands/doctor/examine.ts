import { errorMessage } from '../../errors.ts';
import { checkApi } from './checks/api.ts';
import { checkCertificate, checkProbe } from './checks/app.ts';
import { checkContainer, checkConfig, checkNode } from './checks/environment.ts';
import {
  type Check,
  type CheckName,
  type DoctorFinding,
  type Found,
  type Subject,
  warning,
} from './finding.ts';
import { checkPorts, checkProxy, checkTarget } from './checks/network.ts';
import { checkRelay } from './checks/relay.ts';
import { checkSecret } from './checks/secret.ts';
import { checkCaptures, checkDeliveries } from './checks/recent.ts';
import { checkStore } from './checks/store.ts';
import { checkTunnel } from './checks/tunnel.ts';

const CHECKS: readonly (readonly [CheckName, Check])[] = [
  ['node', checkNode],
  ['config', checkConfig],
  ['secret', checkSecret],
  ['store', checkStore],
  ['ports', checkPorts],
  ['target', checkTarget],
  ['tls', checkCertificate],
  ['probe', checkProbe],
  ['captures', checkCaptures],
  ['tunnel', checkTunnel],
  ['container', checkContainer],
  ['proxy', checkProxy],
  ['relay', checkRelay],
  ['api', checkApi],
  ['deliveries', checkDeliveries],
];

/** The limit of a check; its network steps have shorter ones. */
export const CHECK_LIMIT_MS = 5000;

/** Runs every check at once; the findings come in the order above, each as soon as it is known. */
export async function* examine(
  subject: Subject,
  checks: typeof CHECKS = CHECKS,
): AsyncGenerator<DoctorFinding> {
  const running = checks.map(([name, check]) => examineOne(subject, name, check));
  for (const findings of running) yield* await findings;
}

/** A check's findings; an error or a timeout in it is a finding as well. */
async function examineOne(
  subject: Subject,
  name: CheckName,
  check: Check,
): Promise<readonly DoctorFinding[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, subject.context.interrupt]);
  const gaveUp = subject.context.sleep(CHECK_LIMIT_MS, signal).then(
    () => cannotTell(`no answer within ${CHECK_LIMIT_MS / 1000} s`),
    () => cannotTell('stopped'),
  );
  const found = check(subject, signal).catch((error: unknown) => cannotTell(errorMessage(error)));
  try {
    const all = await Promise.race([found, gaveUp]);
    return all.map(({ level, message, fix, check = name }) => ({ check, level, message, fix }));
  } finally {
    stop.abort();
  }
}

function cannotTell(why: string): readonly Found[] {
  return [warning(`cannot tell: ${why}`, null)];
}
