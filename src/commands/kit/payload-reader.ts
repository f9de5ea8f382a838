import { RelyableError } from '../../errors.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import type { Delivery } from '../../relyable/delivery.ts';
import { requestOf } from '../../relyable/logged-request.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** Deliveries without a payload that are named; the count has all of them. */
const NAMED_MISSING = 5;

/** Gives listed deliveries their payloads, which a list may leave out. */
export class PayloadReader {
  private readonly terminal: Terminal;
  private readonly client: Pick<ApiClient, 'getDelivery'>;
  private count = 0;

  constructor(terminal: Terminal, client: Pick<ApiClient, 'getDelivery'>) {
    this.terminal = terminal;
    this.client = client;
  }

  /** How many deliveries had no payload so far. */
  get missing(): number {
    return this.count;
  }

  /**
   * The delivery with its payload; null, with a warning, where the log does not have it, or has removed
   * the delivery meanwhile.
   */
  async read(listed: Delivery): Promise<Delivery | null> {
    const whole = requestOf(listed) === null ? await this.ask(listed.id) : listed;
    if (whole !== null && requestOf(whole) !== null) return whole;
    this.count += 1;
    if (this.count <= NAMED_MISSING) {
      this.terminal.warn(`${safeLine(listed.id)}: the log does not have its payload`);
    }
    return null;
  }

  private async ask(id: string): Promise<Delivery | null> {
    try {
      return (await this.client.getDelivery(id)).delivery;
    } catch (error) {
      if (error instanceof RelyableError && error.code === 'NOT_FOUND') return null;
      throw error;
    }
  }
}
