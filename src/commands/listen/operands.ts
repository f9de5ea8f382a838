import { parseTargetUrl } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { splitCommand } from '../kit/managed-app.ts';
import type { ListenOptions } from './options.ts';

/** The operands of `listen`. */
export interface ListenOperands {
  /** The app: that of `--forward-to`, or of `listen 3000`, which is short for it. */
  readonly forwardTo: ListenOptions['forwardTo'];
  /** The command after `--`. */
  readonly command: ReturnType<typeof splitCommand>['command'];
}

/** Reads the operands; USAGE for a second app. */
export function readOperands(invocation: Invocation<ListenOptions>): ListenOperands {
  const { operands, command } = splitCommand(invocation);
  const { forwardTo } = invocation.options;
  const [text] = operands;
  if (text === undefined) return { forwardTo, command };
  const apps = [...(forwardTo === undefined ? [] : [forwardTo.text]), ...operands];
  if (apps.length > 1) {
    throw new RelyableError('USAGE', `listen: expected one app, got ${apps.join(' and ')}`, {
      hint: '--route <event>=<url> sends event types to other apps',
    });
  }
  return { forwardTo: { value: parseTargetUrl(text, 'listen'), text }, command };
}
