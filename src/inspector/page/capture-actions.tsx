import { useState } from 'preact/hooks';
import type { CaptureDocument, StateDocument } from '../api-types.ts';
import { getBytes, post, remove } from './api.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { ExportDialog } from './export-dialog.tsx';
import type { Filters } from './filters.ts';
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
  readonly filters: Filters;
  readonly onNotice: (notice: string) => void;
  readonly onDeleted: () => void;
}) {
  const { capture, text, state, filters, onNotice, onDeleted } = props;
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
      await navigator.clipboard.writeText(toText(bytes, label));
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
      <button type="button" onClick={() => setDialog('export')}>
        Export…
      </button>
      <button type="button" class="danger" onClick={() => setDialog('delete')}>
        Delete…
      </button>
      <ActionDialog
        dialog={dialog}
        capture={capture}
        text={text ?? ''}
        state={state}
        filters={filters}
        onNotice={onNotice}
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

type DialogName = 'edit' | 'export' | 'delete' | null;

function ActionDialog(props: {
  readonly dialog: DialogName;
  readonly capture: CaptureDocument;
  readonly text: string;
  readonly state: StateDocument;
  readonly filters: Filters;
  readonly target: string;
  readonly onNotice: (notice: string) => void;
  readonly onClose: () => void;
  readonly onSend: (changes: object) => void;
  readonly onDelete: () => void;
}) {
  const { dialog, capture, text, state, filters, target } = props;
  const { onNotice, onClose, onSend, onDelete } = props;
  if (dialog === 'edit') {
    return (
      <EditDialog
        capture={capture}
        text={text}
        secretSource={state.secretSource}
        target={target}
        onClose={onClose}
        onSend={(payload, to) => {
          onClose();
          onSend({ payload, to });
        }}
      />
    );
  }
  if (dialog === 'export') {
    return (
      <ExportDialog
        id={capture.id}
        filters={filters}
        formats={state.exportFormats}
        onNotice={onNotice}
        onClose={onClose}
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

/** Bytes that are not text cannot be copied: other characters would take their place. */
function toText(bytes: Uint8Array, label: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`Not copied: as ${label} it has bytes that are not text; export it as a file`);
  }
}
