import { useState } from 'preact/hooks';
import type { CaptureDocument, StateDocument } from '../api-types.ts';
import { getBytes, post, remove } from './api.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { describeSent } from './outcome.tsx';

const COPIED = [
  ['curl', 'curl command'],
  ['http', 'raw HTTP'],
  ['vitest', 'vitest test'],
  ['pytest', 'pytest test'],
] as const;

/** What can be done with the open capture; keys press the same buttons. */
export function CaptureActions(props: {
  readonly capture: CaptureDocument;
  readonly text: string | null;
  readonly state: StateDocument;
  readonly onNotice: (notice: string) => void;
  readonly onDeleted: () => void;
}) {
  const { capture, text, state, onNotice, onDeleted } = props;
  const [dialog, setDialog] = useState<DialogName>(null);
  const [to, setTo] = useState('');
  const path = `/api/captures/${capture.id}`;
  const target = state.target ?? capture.forwards.at(-1)?.url ?? '';

  const attempt = async (work: () => Promise<string>): Promise<void> => {
    try {
      onNotice(await work());
    } catch (error) {
      onNotice((error as Error).message);
    }
  };
  const replay = (changes: object): Promise<void> =>
    attempt(async () => describeSent(await post(`${path}/replay`, changes)));
  const copy = (format: string, label: string): Promise<void> =>
    attempt(async () => {
      const bytes = await getBytes(`${path}/export?format=${format}`);
      await navigator.clipboard.writeText(new TextDecoder().decode(bytes));
      return `Copied as ${label}`;
    });

  return (
    <div class="actions" role="group" aria-label="Actions">
      <button
        type="button"
        class="primary"
        id="replay"
        onClick={() => void replay(to === '' ? {} : { to })}
      >
        Replay
      </button>
      <input
        aria-label="Target of the replay"
        placeholder={target === '' ? '3000/webhooks/relyable' : target}
        value={to}
        onInput={(typed) => setTo(typed.currentTarget.value)}
      />
      <button type="button" id="edit" disabled={text === null} onClick={() => setDialog('edit')}>
        Edit…
      </button>
      <CopyMenu onCopy={(format, label) => void copy(format, label)} />
      <button
        type="button"
        onClick={() =>
          void attempt(() =>
            download(`${path}/export?format=ndjson&redact=yes`, `${capture.id}.ndjson`),
          )
        }
      >
        Export redacted
      </button>
      <button type="button" class="danger" onClick={() => setDialog('delete')}>
        Delete…
      </button>
      <ActionDialog
        dialog={dialog}
        capture={capture}
        text={text ?? ''}
        secretSource={state.secretSource}
        target={to === '' ? target : to}
        onClose={() => setDialog(null)}
        onSend={(changes) => void replay(changes)}
        onDelete={() =>
          void attempt(async () => {
            await remove(path);
            onDeleted();
            return `Deleted ${capture.id}`;
          })
        }
      />
    </div>
  );
}

type DialogName = 'edit' | 'delete' | null;

function ActionDialog(props: {
  readonly dialog: DialogName;
  readonly capture: CaptureDocument;
  readonly text: string;
  readonly secretSource: string;
  readonly target: string;
  readonly onClose: () => void;
  readonly onSend: (changes: object) => void;
  readonly onDelete: () => void;
}) {
  const { dialog, capture, text, secretSource, target, onClose, onSend, onDelete } = props;
  if (dialog === 'edit') {
    return (
      <EditDialog
        capture={capture}
        text={text}
        secretSource={secretSource}
        target={target}
        onClose={onClose}
        onSend={(payload, to) => {
          onClose();
          onSend({ payload, to });
        }}
      />
    );
  }
  if (dialog === 'delete') {
    return (
      <DeleteDialog
        id={capture.id}
        onClose={onClose}
        onDelete={() => {
          onClose();
          onDelete();
        }}
      />
    );
  }
  return null;
}

function CopyMenu({ onCopy }: { readonly onCopy: (format: string, label: string) => void }) {
  return (
    <select
      id="copy"
      aria-label="Copy as"
      value=""
      onChange={({ currentTarget }) => {
        const chosen = COPIED.find(([format]) => format === currentTarget.value);
        currentTarget.value = '';
        if (chosen !== undefined) onCopy(chosen[0], chosen[1]);
      }}
    >
      <option value="">Copy as…</option>
      {COPIED.map(([format, label]) => (
        <option key={format} value={format}>
          {label}
        </option>
      ))}
    </select>
  );
}

/** Fetched by the page, because only its own requests are answered. */
async function download(path: string, name: string): Promise<string> {
  const bytes = await getBytes(path);
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
  return `Exported ${name}, redacted and signed with the public test secret`;
}
