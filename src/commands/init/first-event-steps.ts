import { isDelivered } from '../../relyable/retry.ts';

/** A line of `listen --json`, as far as the steps need it. */
export interface ListenLine {
  readonly type?: string;
  readonly publicUrl?: string | null;
  readonly secretSource?: string;
  readonly event?: string | null;
  readonly signature?: {
    readonly valid: boolean;
    readonly detail: string;
    readonly hint: string | null;
  };
  readonly forward?: { readonly status: number | null; readonly error: string | null } | null;
  readonly probe?: boolean;
  /** Of an error. */
  readonly message?: string;
  readonly hint?: string;
  readonly exitCode?: number;
}

export interface StepsOptions {
  readonly envFile: string;
  readonly secretEnv: string;
  readonly forwardTo: string;
  /** What a listener calls the secret that Relyable does not have. */
  readonly developmentSource: string;
}

/** What was received at the end. */
export interface FirstEventResult {
  readonly publicUrl: string;
  readonly event: string | null;
  /** The app's status; null where it did not answer. */
  readonly status: number | null;
}

const SETTINGS = 'Settings → Webhooks';

/** The way from a public address to the first verified event, step by step. */
export class FirstEventSteps {
  private readonly options: StepsOptions;
  private publicUrl: string | null = null;
  private hasSecret = false;
  /** The first event that was verified; null until then. */
  result: FirstEventResult | null = null;

  constructor(options: StepsOptions) {
    this.options = options;
  }

  /** Changes with each step that is done. */
  get step(): 'address' | 'secret' | 'event' | 'done' {
    if (this.result !== null) return 'done';
    if (this.publicUrl === null) return 'address';
    return this.hasSecret ? 'event' : 'secret';
  }

  /** Takes a line of the listener; what to say about it. */
  take(line: ListenLine): string[] {
    switch (line.type) {
      case 'ready':
        return this.takeAddress(line);
      case 'secret_changed':
        return this.takeSecret(`the secret was saved: ${line.secretSource ?? ''}`);
      case 'delivery':
        return line.probe === true ? [] : this.takeDelivery(line);
      default:
        return [];
    }
  }

  /** A hint about what may delay this step. */
  hint(): string {
    const { envFile, secretEnv } = this.options;
    switch (this.step) {
      case 'address':
        return 'no public address after a minute: Ctrl-C ends this; relyable doctor lists what can open one';
      case 'secret':
        return `no other secret after a minute: is ${envFile} saved, with ${secretEnv}=whsec_… on a line of its own, in this folder? A variable of that name in this shell takes precedence`;
      default:
        return `no verified event after a minute: is ${this.publicUrl ?? ''} saved under ${SETTINGS}, without a change, and with the events that you test? Send Test Event is on the same page; a request that arrives is shown here`;
    }
  }

  private takeAddress({ publicUrl, secretSource }: ListenLine): string[] {
    this.publicUrl = publicUrl ?? '';
    const { envFile, secretEnv, developmentSource } = this.options;
    const save = `1. Add a webhook under ${SETTINGS} (relyable open webhooks) with this address:\n   ${this.publicUrl}`;
    if (secretSource !== developmentSource) return [save, ...this.takeSecret()];
    return [
      save,
      `2. Write the signing secret that is shown there to ${envFile}, in place of the one there:\n   ${secretEnv}=whsec_…`,
    ];
  }

  private takeSecret(said?: string): string[] {
    if (this.hasSecret) return said === undefined ? [] : [said];
    this.hasSecret = true;
    return [
      ...(said === undefined ? [] : [said]),
      '3. Start your app again, so that it has the secret too, and click Send Test Event.',
    ];
  }

  private takeDelivery({ event = null, signature, forward = null }: ListenLine): string[] {
    const name = event ?? 'a request';
    if (signature?.valid !== true) {
      const why = [signature?.detail, signature?.hint].filter(Boolean).join('; ');
      return [`${name} arrived, but its signature is not valid: ${why}`];
    }
    // Before the secret is set, the event may be a sample of `trigger`, which does not count.
    if (!this.hasSecret || this.publicUrl === null)
      return [`${name} arrived, signed with the development secret`];
    const status = forward?.status ?? null;
    this.result = { publicUrl: this.publicUrl, event, status };
    return [
      `${name} arrived, and its signature is right.`,
      this.describeApp(status, forward?.error),
    ];
  }

  private describeApp(status: number | null, error: string | null | undefined): string {
    const { forwardTo } = this.options;
    if (isDelivered(status)) return 'Your app answered 200: it is delivered.';
    const check = `relyable webhooks check ${forwardTo}`;
    return status === null
      ? `Your app did not answer (${error ?? 'no target'}): start it, then ${check}`
      : `Your app answered ${status}, and Relyable counts only 200: ${check}`;
  }
}
