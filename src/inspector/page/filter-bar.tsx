import { useEffect, useState } from 'preact/hooks';
import type { StateDocument } from '../api-types.ts';
import { type FilterName, type Filters, isFiltered } from './filters.ts';
import { words } from './format.ts';

type Choice = readonly [value: string, label: string];

const OUTCOMES: readonly Choice[] = [
  ['2xx', '2xx answers'],
  ['3xx', '3xx answers'],
  ['4xx', '4xx answers'],
  ['5xx', '5xx answers'],
  ['none', 'no answer'],
  ['unforwarded', 'not forwarded'],
];

const REPLAYED: readonly Choice[] = [
  ['yes', 'replayed'],
  ['no', 'not replayed'],
];

const RANGES: ReadonlyArray<readonly [minutes: number, label: string]> = [
  [15, 'last 15 minutes'],
  [60, 'last hour'],
  [24 * 60, 'last 24 hours'],
  [7 * 24 * 60, 'last 7 days'],
];

const TYPING_MS = 150;

/** Search and filters; each change is a change of the address. */
export function FilterBar(props: {
  readonly filters: Filters;
  readonly state: StateDocument | undefined;
  readonly onFilters: (filters: Filters) => void;
}) {
  const { filters, state, onFilters } = props;
  const set = (name: FilterName, value: string): void => {
    const { [name]: _, ...rest } = filters;
    onFilters(value === '' ? rest : { ...rest, [name]: value });
  };
  const signatures: readonly Choice[] = [
    ['valid', 'valid signature'],
    ['invalid', 'invalid signature'],
    ...(state?.reasons ?? [])
      .filter((reason) => reason !== 'ok')
      .map((reason): Choice => [reason, words(reason)]),
  ];
  const since = filters.since ?? '';
  return (
    <search class="filters">
      <SearchField value={filters.q ?? ''} onSearch={(text) => set('q', text)} />
      <Select
        label="Event"
        any="any event"
        value={filters.event ?? ''}
        choices={(state?.events ?? []).map((name): Choice => [name, name])}
        onChoose={(value) => set('event', value)}
      />
      <Select
        label="Signature"
        any="any verdict"
        value={filters.signature ?? ''}
        choices={signatures}
        onChoose={(value) => set('signature', value)}
      />
      <Select
        label="Answer"
        any="any answer"
        value={filters.outcome ?? ''}
        choices={OUTCOMES}
        onChoose={(value) => set('outcome', value)}
      />
      <Select
        label="Replays"
        any="any replays"
        value={filters.replayed ?? ''}
        choices={REPLAYED}
        onChoose={(value) => set('replayed', value)}
      />
      <Select
        label="Time"
        any="any time"
        value={since}
        choices={[
          ...(since === '' ? [] : [[since, `since ${new Date(since).toLocaleString()}`] as const]),
          ...RANGES.map(([minutes, label]): Choice => [`-${minutes}`, label]),
        ]}
        onChoose={(value) => set('since', toSince(value))}
      />
      {isFiltered(filters) && (
        <button type="button" class="quiet" onClick={() => onFilters({})}>
          Clear
        </button>
      )}
    </search>
  );
}

/** `-60` → an hour ago: an address holds a time, so that it shows the same later. */
function toSince(value: string): string {
  if (!value.startsWith('-')) return value;
  return new Date(Date.now() + Number(value) * 60_000).toISOString().slice(0, 19) + 'Z';
}

function SearchField(props: { readonly value: string; readonly onSearch: (text: string) => void }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  useEffect(() => {
    if (text === props.value) return undefined;
    const timer = setTimeout(() => props.onSearch(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      id="search"
      aria-label="Search payloads, headers and answers"
      placeholder="Search payloads, headers, answers  ( / )"
      value={text}
      onInput={(typed) => setText(typed.currentTarget.value)}
    />
  );
}

function Select(props: {
  readonly label: string;
  readonly any: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChoose: (value: string) => void;
}) {
  const { label, any, value, choices, onChoose } = props;
  const isListed = value === '' || choices.some(([known]) => known === value);
  return (
    <select
      aria-label={label}
      class={value === '' ? '' : 'chosen'}
      value={value}
      onChange={(changed) => onChoose(changed.currentTarget.value)}
    >
      <option value="">{any}</option>
      {!isListed && <option value={value}>{value}</option>}
      {choices.map(([choice, text]) => (
        <option key={choice} value={choice}>
          {text}
        </option>
      ))}
    </select>
  );
}
