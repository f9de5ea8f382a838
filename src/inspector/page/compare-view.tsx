import { useMemo, useState } from 'preact/hooks';
import type { CaptureDocument, Header } from '../api-types.ts';
import { getBytes, getJson } from './api.ts';
import { type DiffLine, diffLines } from './diff-lines.ts';
import { safeLines } from './format.ts';
import { readPayload, toLines } from './payload.ts';
import { useLoaded } from './use-loaded.ts';

/** What differs between this capture and another one. */
export function CompareView(props: {
  readonly capture: CaptureDocument;
  readonly bytes: Uint8Array;
}) {
  const { capture, bytes } = props;
  const suggestion = capture.repeats.find(({ id }) => id !== capture.id)?.id ?? '';
  const [text, setText] = useState(suggestion);
  const [other, setOther] = useState<string | null>(null);
  const loaded = useLoaded(other, 0, async (signal) => {
    const path = `/api/captures/${encodeURIComponent(other ?? '')}`;
    const [document, body] = await Promise.all([
      getJson<CaptureDocument>(path, signal),
      getBytes(`${path}/body`, signal),
    ]);
    return { document, body };
  });
  return (
    <div>
      <form
        class="inline"
        onSubmit={(submitted) => {
          submitted.preventDefault();
          setOther(text.trim());
        }}
      >
        <label>
          Compare with
          <input
            value={text}
            required
            placeholder="cap_…"
            onInput={(typed) => setText(typed.currentTarget.value)}
          />
        </label>
        <button type="submit">Compare</button>
      </form>
      {loaded.error !== undefined && <p class="bad">{loaded.error.message}</p>}
      {loaded.value !== undefined && (
        <>
          <Diff
            title="Headers"
            before={headerLines(loaded.value.document.headers)}
            after={headerLines(capture.headers)}
          />
          <Diff
            title="Payload"
            before={toLines(readPayload(loaded.value.body))}
            after={toLines(readPayload(bytes))}
          />
        </>
      )}
    </div>
  );
}

function headerLines(headers: readonly Header[]): string[] {
  return headers.map(([name, value]) => `${name}: ${value}`);
}

const MARKS = { same: '  ', removed: '- ', added: '+ ' } as const;
/** Longer diffs are cut. */
const SHOWN_LINES = 2000;

function Diff(props: {
  readonly title: string;
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
}) {
  const { title, before, after } = props;
  const lines = useMemo(
    () => (before === null || after === null ? null : diffLines(before, after)),
    [before?.join('\n'), after?.join('\n')],
  );
  if (lines === null) return <p>{`${title}: not text, or nested too deeply to compare`}</p>;
  const changes = lines.filter(({ kind }) => kind !== 'same').length;
  return (
    <>
      <h4>{`${title}: ${changes === 0 ? 'equal' : `${changes} lines differ`}`}</h4>
      {changes > 0 && (
        <pre class="diff" tabIndex={0} role="region" aria-label={`${title}, differences`}>
          {lines.slice(0, SHOWN_LINES).map((line, index) => (
            <DiffLineView key={index} line={line} />
          ))}
        </pre>
      )}
    </>
  );
}

function DiffLineView({ line }: { readonly line: DiffLine }) {
  return <span class={line.kind}>{`${MARKS[line.kind]}${safeLines(line.text)}\n`}</span>;
}
