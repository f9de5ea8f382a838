import { useMemo, useState } from 'preact/hooks';
import { formatBytes, safeLines } from './format.ts';
import { JsonTree } from './json-tree.tsx';
import { type Payload, readPayload, toHexRows } from './payload.ts';

type Look = 'tree' | 'text' | 'hex';

const LABELS = { tree: 'Tree', text: 'Text', hex: 'Bytes' } as const;
/** More than this is shown on demand. */
const SHOWN_CHARACTERS = 100_000;
const SHOWN_ROWS = 512;

/** A body as a tree, as its exact text, or as bytes. */
export function PayloadView(props: { readonly bytes: Uint8Array; readonly label: string }) {
  const { bytes, label } = props;
  const payload = useMemo(() => readPayload(bytes), [bytes]);
  const looks = looksOf(payload);
  const [chosen, setChosen] = useState<Look>('tree');
  const look = looks.includes(chosen) ? chosen : (looks[0] ?? 'hex');
  if (bytes.length === 0) return <p class="dim">Empty</p>;
  return (
    <div>
      <div class="looks" role="group" aria-label={`${label}: how to show it`}>
        {looks.map((it) => (
          <button key={it} type="button" aria-pressed={it === look} onClick={() => setChosen(it)}>
            {LABELS[it]}
          </button>
        ))}
        <span class="dim">{formatBytes(bytes.length)}</span>
      </div>
      {look === 'tree' && payload.kind === 'json' && <JsonTree value={payload.value} />}
      {look === 'text' && payload.kind !== 'bytes' && (
        <ExactText text={payload.text} label={label} />
      )}
      {look === 'hex' && <HexView bytes={bytes} label={label} />}
    </div>
  );
}

function looksOf({ kind }: Payload): readonly Look[] {
  if (kind === 'json') return ['tree', 'text', 'hex'];
  return kind === 'text' ? ['text', 'hex'] : ['hex'];
}

function ExactText({ text, label }: { readonly text: string; readonly label: string }) {
  const [shown, setShown] = useState(SHOWN_CHARACTERS);
  return (
    <>
      <pre tabIndex={0} role="region" aria-label={`${label} as text`}>
        {safeLines(text.slice(0, shown))}
      </pre>
      {text.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown * 4)}>
          Show more
        </button>
      )}
    </>
  );
}

function HexView({ bytes, label }: { readonly bytes: Uint8Array; readonly label: string }) {
  const [shown, setShown] = useState(SHOWN_ROWS);
  const rows = toHexRows(bytes, 0, shown);
  return (
    <>
      <pre class="hex" tabIndex={0} role="region" aria-label={`${label} as bytes`}>
        {rows.map(({ offset, hex, text }) => `${offset}  ${hex.padEnd(47)}  ${text}`).join('\n')}
      </pre>
      {bytes.length > shown * 16 && (
        <button type="button" class="quiet" onClick={() => setShown(shown * 4)}>
          Show more
        </button>
      )}
    </>
  );
}
