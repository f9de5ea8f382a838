import type { PublicAddressDocument } from '../api-types.ts';
import { safe } from './format.ts';

/** The address for the dashboard, with a button that copies it; nothing where there is none. */
export function PublicAddress(props: {
  readonly address: PublicAddressDocument | null;
  readonly onNotice: (notice: string) => void;
}) {
  if (props.address === null) return null;
  const { url, provider, isUp, message } = props.address;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(url);
      props.onNotice('Copied the public address: paste it in Settings → Webhooks');
    } catch (error) {
      props.onNotice((error as Error).message);
    }
  };
  return (
    <section class="address" aria-label="Public address" role="status">
      <span class={isUp ? 'good' : 'bad'}>{isUp ? '✓ up' : '✗ down'}</span>
      <code>{safe(url)}</code>
      {provider !== null && <span class="dim">{safe(provider)}</span>}
      <button type="button" onClick={() => void copy()}>
        Copy address
      </button>
      {message !== null && <span class={isUp ? 'odd' : 'bad'}>{safe(message)}</span>}
    </section>
  );
}
