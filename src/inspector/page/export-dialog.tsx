import { useState } from 'preact/hooks';
import { getFile } from './api.ts';
import { Dialog } from './dialog.tsx';
import { type Filters, toParameters } from './filters.ts';

/** Saves this capture, or all that match the filters, as a file. */
export function ExportDialog(props: {
  readonly id: string;
  readonly filters: Filters;
  readonly formats: readonly string[];
  readonly onNotice: (notice: string) => void;
  readonly onClose: () => void;
}) {
  const { id, filters, formats, onNotice, onClose } = props;
  const [scope, setScope] = useState<'one' | 'all'>('one');
  const [format, setFormat] = useState(formats[0] ?? '');
  const [isRedacted, setRedacted] = useState(true);
  const save = async (): Promise<void> => {
    const parameters = scope === 'one' ? new URLSearchParams() : toParameters(filters);
    parameters.set('format', format);
    parameters.set('redact', isRedacted ? 'yes' : 'no');
    const path = scope === 'one' ? `/api/captures/${id}/export` : '/api/export';
    try {
      const { name, bytes } = await getFile(`${path}?${parameters}`);
      saveAs(name, bytes);
      onNotice(`Exported ${name}${isRedacted ? ', signed again with the public test secret' : ''}`);
      onClose();
    } catch (error) {
      onNotice((error as Error).message);
    }
  };
  return (
    <Dialog title="Export" onClose={onClose}>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          void save();
        }}
      >
        <label>
          Captures
          <select
            value={scope}
            onChange={({ currentTarget }) => setScope(currentTarget.value as typeof scope)}
          >
            <option value="one">{`only ${id}`}</option>
            <option value="all">all in the list, at most the newest 10,000</option>
          </select>
        </label>
        <label>
          Format
          <select value={format} onChange={({ currentTarget }) => setFormat(currentTarget.value)}>
            {formats.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isRedacted}
            onChange={({ currentTarget }) => setRedacted(currentTarget.checked)}
          />
          Redact: replace transcripts, names, phone numbers and URLs
        </label>
        <p class="note">
          {isRedacted
            ? 'A redacted capture is signed again with the public test secret, so it still verifies.'
            : 'The file has every payload, header and answer as it is.'}
        </p>
        <p class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Save
          </button>
        </p>
      </form>
    </Dialog>
  );
}

/** A link that the browser follows at once: only the page's own requests are answered. */
function saveAs(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
