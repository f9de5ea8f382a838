import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { CaptureDocument, ExplanationDocument, StateDocument } from '../api-types.ts';
import { getBytes, getJson } from './api.ts';
import { CaptureActions } from './capture-actions.tsx';
import { CompareView } from './compare-view.tsx';
import type { Filters } from './filters.ts';
import { formatTime, safe } from './format.ts';
import { HeaderTable } from './header-table.tsx';
import { readPayload } from './payload.ts';
import { PayloadView } from './payload-view.tsx';
import { EventTimeline } from './event-timeline.tsx';
import { useLoaded } from './use-loaded.ts';
import { Verdict } from './verdict.tsx';

/** A larger text is not edited in a page. */
const EDITABLE_CHARACTERS = 1_000_000;

/** One capture with all that is known about it. */
export function CaptureDetail(props: {
  readonly id: string;
  readonly revision: number;
  readonly state: StateDocument;
  readonly filters: Filters;
  readonly onOpen: (id: string) => void;
  readonly onClose: () => void;
  readonly onNotice: (notice: string) => void;
}) {
  const { id, revision, state, filters, onOpen, onClose, onNotice } = props;
  const path = `/api/captures/${id}`;
  const capture = useLoaded(id, revision, (signal) => getJson<CaptureDocument>(path, signal));
  const body = useLoaded(id, 0, (signal) => getBytes(`${path}/body`, signal));
  const explanation = useLoaded(id, 0, (signal) =>
    getJson<ExplanationDocument>(`${path}/explanation`, signal),
  );
  const text = useMemo(() => editableText(body.value), [body.value]);
  if (capture.error !== undefined) {
    return (
      <div class="empty">
        <p class="bad">{capture.error.message}</p>
        <button type="button" onClick={onClose}>
          Back to the list
        </button>
      </div>
    );
  }
  if (capture.value === undefined) return <p class="empty dim">loading…</p>;
  const { value } = capture;
  return (
    <>
      <DetailHead capture={value} onClose={onClose}>
        <CaptureActions
          key={id}
          capture={value}
          text={text}
          state={state}
          filters={filters}
          onNotice={onNotice}
          onDeleted={onClose}
        />
      </DetailHead>
      {explanation.value !== undefined && <Verdict explanation={explanation.value} />}
      {explanation.error !== undefined && <p class="bad">{explanation.error.message}</p>}
      <Section title="Timeline">
        <EventTimeline capture={value} hasApi={state.hasApi} onOpen={onOpen} />
      </Section>
      <Section title="Payload">
        {value.viewUrl !== null && (
          <p>
            <a href={value.viewUrl} target="_blank" rel="noopener noreferrer">
              Open in the dashboard
            </a>
          </p>
        )}
        {body.value !== undefined && <PayloadView bytes={body.value} label="Payload" />}
        {body.error !== undefined && <p class="bad">{body.error.message}</p>}
      </Section>
      <Section title="Request">
        <p class="request-line">
          <code>{safe(`${value.method} ${value.path} HTTP/${value.httpVersion}`)}</code>
        </p>
        <HeaderTable headers={value.headers} label="Headers in the order received" />
      </Section>
      <Section title="Compare">
        {body.value !== undefined && <CompareView key={id} capture={value} bytes={body.value} />}
      </Section>
    </>
  );
}

function DetailHead(props: {
  readonly capture: CaptureDocument;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const { id, event, receivedAt, subjectId, source } = props.capture;
  return (
    <header class="detail-head">
      <button type="button" class="quiet back" onClick={props.onClose}>
        ← List
      </button>
      <h2>{safe(event ?? '(no event)')}</h2>
      <p class="dim">
        {id} · {formatTime(receivedAt)}
        {subjectId !== null && ` · ${safe(subjectId)}`}
        {source === 'log' && <span class="tag">from the delivery log</span>}
      </p>
      {props.children}
    </header>
  );
}

function Section(props: { readonly title: string; readonly children: ComponentChildren }) {
  const id = `section-${props.title.toLowerCase()}`;
  return (
    <section class="section" aria-labelledby={id}>
      <h3 id={id}>{props.title}</h3>
      {props.children}
    </section>
  );
}

function editableText(bytes: Uint8Array | undefined): string | null {
  if (bytes === undefined) return null;
  const payload = readPayload(bytes);
  return payload.kind === 'bytes' || payload.text.length > EDITABLE_CHARACTERS
    ? null
    : payload.text;
}
