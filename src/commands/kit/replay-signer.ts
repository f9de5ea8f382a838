import { knownSecrets, type Secrets } from '../../config/secrets.ts';
import type { Invocation } from '../../invocation.ts';
import type { Override } from '../../json/overrides.ts';
import type { ReplayChanges } from '../../pipeline/replay-capture.ts';
import type { Capture } from '../../request/capture.ts';
import { isJudged } from '../../signature/verify.ts';
import { announceSecrets, type InvocationConfig } from './invocation-config.ts';
import type { ReplayOptions } from './replay-options.ts';

/** Signs requests that are sent again: with `--resign` or `--set` all of them, else those without a signature. */
export class ReplaySigner {
  private readonly invocation: Invocation<ReplayOptions>;
  private readonly config: InvocationConfig<ReplayOptions>;
  private readonly overrides: readonly Override[];
  private read: Secrets | undefined;
  private hasSigned = false;

  constructor(
    invocation: Invocation<ReplayOptions>,
    config: InvocationConfig<ReplayOptions>,
    overrides: readonly Override[],
  ) {
    this.invocation = invocation;
    this.config = config;
    this.overrides = overrides;
  }

  /** Read on first use, because a development secret is created if there is no other secret. */
  get secrets(): Secrets {
    this.read ??= this.config.secrets();
    return this.read;
  }

  changesFor(capture: Pick<Capture, 'verification'>): ReplayChanges {
    const { overrides } = this;
    if (!this.signsAll && isJudged(capture.verification)) return { overrides, secret: undefined };
    this.hasSigned = true;
    return { overrides, secret: this.secrets.chosen[0].value };
  }

  /** The note for a request whose signature was not recorded; null for any other. */
  noteOn(capture: Pick<Capture, 'verification'>): string | null {
    if (isJudged(capture.verification)) return null;
    return `no signature recorded, signed with ${this.secrets.chosen[0].source}`;
  }

  /** Names the secret on stderr, if anything was signed with it. */
  announce(): void {
    if (!this.hasSigned) return;
    const { invocation, secrets } = this;
    announceSecrets(invocation, secrets);
    if (!this.signsAll) return;
    const why = this.overrides.length > 0 ? '--set changes the body, so it is' : 'it is';
    invocation.terminal.info(`${why} signed again with ${secrets.chosen[0].source}`);
  }

  /** The secrets that no answer may show. */
  get hidden(): readonly string[] {
    const known = knownSecrets(this.invocation.context, this.config.layers);
    return [...(this.read?.chosen ?? []), ...known].map(({ value }) => value);
  }

  private get signsAll(): boolean {
    return this.invocation.options.resign || this.overrides.length > 0;
  }
}
