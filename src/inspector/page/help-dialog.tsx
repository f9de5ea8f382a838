import { Dialog } from './dialog.tsx';

const KEYS = [
  ['j, ↓', 'next capture'],
  ['k, ↑', 'previous capture'],
  ['Enter', 'open it'],
  ['Esc', 'back to the list'],
  ['/', 'search'],
  ['r', 'replay the open capture'],
  ['e', 'edit it and send it signed again'],
  ['c', 'choose what to copy it as'],
  ['?', 'these keys'],
] as const;

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p class="buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </p>
    </Dialog>
  );
}
